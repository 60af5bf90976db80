/**
 * What is used of a `tf.LayersModel`, sequential or functional, with one input and one output. Models inside it may hold layers that
 * draw as well.
 */
export interface LayersModel {
  /** The inputs. */
  readonly inputs: readonly unknown[];
  /** The outputs. */
  readonly outputs: readonly unknown[];
  /** The layers. */
  readonly layers: readonly unknown[];
}
