// First of the bundle: one backend for all of TensorFlow.js's tests, before any of them is described.
import "@tensorflow/tfjs-core/dist/index";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-backend-cpu/dist/index";
import "@jem-js/native";
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util";

const name = process.env.CONFORMANCE_BACKEND;
// The same name for all, so that the specs of two runs have the same names.
setTestEnvs([{ name: "backend", backendName: name, isDataSync: true }]);
