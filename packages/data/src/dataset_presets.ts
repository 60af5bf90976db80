import { CIFAR100_CLASSES, CIFAR100_SUPERCLASSES } from "./_cifar100_names.ts";
import { type DatasetFile, type ReadFiles, readCifarArchive, readIdxPair, readSvhnFile } from "./_dataset_files.ts";

/** The datasets that `loadDataset` knows. */
export type DatasetName = "mnist" | "fashion-mnist" | "cifar10" | "cifar100" | "svhn";

/** A published dataset: where its files are, and what may be done with them. */
export interface DatasetPreset {
  /** The page of the dataset. */
  readonly page: string;
  /** What is known of its licence. */
  readonly licence: string;
  /** The names of its classes. */
  readonly classNames: readonly string[];
  /** The names of what its classes are grouped into: of CIFAR-100, whose coarse labels `readCifar` reads with `classes: 20`. */
  readonly superclassNames?: readonly string[];
  /** For each part: its files with their SHA-256, and how their contents become images `[height, width, channels]`. */
  readonly parts: Readonly<
    Record<"train" | "test", { readonly files: readonly DatasetFile[]; readonly read: ReadFiles }>
  >;
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** Four compressed IDX files. */
function idx(base: string, [trainX, trainY, testX, testY]: readonly string[]): DatasetPreset["parts"] {
  const pair = (part: string, x: string, y: string) => ({
    files: [
      { url: `${base}${part}-images-idx3-ubyte.gz`, sha256: x },
      { url: `${base}${part}-labels-idx1-ubyte.gz`, sha256: y },
    ],
    read: readIdxPair,
  });
  return { train: pair("train", trainX!, trainY!), test: pair("t10k", testX!, testY!) };
}

function cifar(classes: 10 | 100, sha256: string): DatasetPreset["parts"] {
  const files = [{ url: `https://www.cs.toronto.edu/~kriz/cifar-${classes}-binary.tar.gz`, sha256 }];
  const folder = classes === 10 ? "cifar-10-batches-bin" : "cifar-100-binary";
  const train = classes === 10 ? [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`) : ["train.bin"];
  const part = (names: readonly string[]) => ({
    files,
    read: readCifarArchive(
      classes,
      names.map((name) => `${folder}/${name}`),
    ),
  });
  return { train: part(train), test: part([classes === 10 ? "test_batch.bin" : "test.bin"]) };
}

function svhn(part: string, sha256: string): DatasetPreset["parts"]["train"] {
  return { files: [{ url: `http://ufldl.stanford.edu/housenumbers/${part}_32x32.mat`, sha256 }], read: readSvhnFile };
}

/**
 * Where the datasets of the JEM paper are published, with the checksums of their files and their licences; `loadDataset` reads them.
 *
 * @example Usage
 * ```ts
 * import { datasetPresets } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * expect(datasetPresets.svhn.licence).toContain("non-commercial");
 * ```
 */
export const datasetPresets: Readonly<Record<DatasetName, DatasetPreset>> = {
  mnist: {
    page: "http://yann.lecun.com/exdb/mnist/",
    licence: "CC BY-SA 3.0; LeCun and Cortes, derived from NIST's databases",
    classNames: DIGITS,
    parts: idx("https://storage.googleapis.com/cvdf-datasets/mnist/", [
      "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ]),
  },
  "fashion-mnist": {
    page: "https://github.com/zalandoresearch/fashion-mnist",
    licence: "MIT; Zalando SE",
    classNames: ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
    parts: idx("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", [
      "08dc20ab1689590a0bcd66e874647b6ee8464e2d501b5a3f1f78831db19a3fdc",
      "b0197879cbda89f3dc7b894f9fd52b858e68ea4182b6947c9d8c2b67e5f18dcc",
      "78dcbbfb5a27efaf1b6c1d616caca68560be8766c5bffcb2791df9273a534229",
      "42bd18137a62d5998cdeae52bf3a0676ac6b706f5cf8439b47bb5b151ae3dccf",
    ]),
  },
  cifar10: {
    page: "https://www.cs.toronto.edu/~kriz/cifar.html",
    licence: "none stated; cite Krizhevsky, Learning multiple layers of features from tiny images, 2009",
    classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    parts: cifar(10, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
  },
  cifar100: {
    page: "https://www.cs.toronto.edu/~kriz/cifar.html",
    licence: "none stated; cite Krizhevsky, Learning multiple layers of features from tiny images, 2009",
    classNames: CIFAR100_CLASSES,
    superclassNames: CIFAR100_SUPERCLASSES,
    parts: cifar(100, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
  },
  svhn: {
    page: "http://ufldl.stanford.edu/housenumbers/",
    licence: "non-commercial use only; Netzer et al.",
    classNames: DIGITS,
    parts: {
      train: svhn("train", "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
      test: svhn("test", "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),
    },
  },
};
