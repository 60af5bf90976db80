import { backend_util } from "@tensorflow/tfjs-core";
import { native } from "./_addon.ts";
import { register } from "./_register.ts";

if (native.addon !== null) register(native.addon);
else backend_util.warn(native.reason ?? "");
