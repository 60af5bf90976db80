import { native } from "./_addon.ts";

/**
 * Switches exact mode on or off; off is the default. In exact mode convolutions use the direct algorithm only.
 *
 * Outside exact mode 3x3 convolutions use Winograd's algorithm, whose rounding error is 3 to 9 times larger (at most
 * 2e-4 of the root mean square of the result). In both modes equal inputs give equal bits for the same number of threads
 * on the same machine.
 *
 * @example Usage
 * ```ts
 * import { setExact } from "@jem-js/native";
 *
 * setExact(true);
 * setExact(false);
 * ```
 *
 * @param exact Whether to be exact.
 */
export function setExact(exact: boolean): void {
  native.exact = exact;
}
