// `@tensorflow/tfjs` registers the gradients that `@tensorflow/tfjs-core` alone lacks.
import "@tensorflow/tfjs";
import { enableProdMode, ready, setBackend } from "@tensorflow/tfjs-core";

enableProdMode();
await setBackend("cpu");
await ready();
