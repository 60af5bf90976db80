import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cachedFile } from "./node.ts";

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 5);
const sha256 = createHash("sha256").update(content).digest("hex");

describe("cachedFile()", () => {
  let folder: string;
  let server: Server;
  let url: string;
  let requests: (string | undefined)[];
  /** What the server does; first it serves ranges. */
  let answer: RequestListener;

  const serveRanges: RequestListener = (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (start >= content.length) response.writeHead(416).end();
    else if (start > 0) {
      const range = `bytes ${start}-${content.length - 1}/${content.length}`;
      response.writeHead(206, { "content-range": range }).end(content.subarray(start));
    } else response.end(content);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cached-file-"));
    requests = [];
    answer = serveRanges;
    server = createServer((request, response) => {
      requests.push(request.headers.range);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/files/set.bin?version=1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  test("downloads once, into a folder that it makes", async () => {
    const inner = join(folder, "a", "b");
    const path = await cachedFile(url, { folder: inner, sha256 });
    expect(path).toBe(join(inner, "set.bin"));
    expect(new Uint8Array(await readFile(path))).toEqual(content);
    expect(await cachedFile(url, { folder: inner, sha256: sha256.toUpperCase() })).toBe(path);
    expect(requests).toEqual([undefined]);
    expect(await readdir(inner)).toEqual(["set.bin"]);
  });

  test("goes on after a connection was cut", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 30_000), () => setTimeout(() => response.destroy(), 50));
    };
    await expect(cachedFile(url, { folder, sha256 })).rejects.toThrow(
      `put the file, of SHA-256 ${sha256}, at ${join(folder, "set.bin")}`,
    );
    expect(await readdir(folder)).toEqual(["set.bin.part"]);
    answer = serveRanges;
    const path = await cachedFile(url, { folder, sha256 });
    expect(requests).toEqual([undefined, "bytes=30000-"]);
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  test("takes a part that is already whole, and begins again where the server knows no ranges", async () => {
    await writeFile(join(folder, "set.bin.part"), content);
    await cachedFile(url, { folder, sha256 });
    await writeFile(join(folder, "other.bin.part"), "junk");
    answer = (_, response) => response.end(content);
    const path = await cachedFile(url, { folder, sha256, name: "other.bin" });
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  test("keeps nothing of a wrong checksum", async () => {
    const wrong = "0".repeat(64);
    await expect(cachedFile(url, { folder, sha256: wrong })).rejects.toThrow(
      `must have the SHA-256 ${wrong} but found ${sha256}`,
    );
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, "set.bin"), "mine");
    await expect(cachedFile(url, { folder, sha256 })).rejects.toThrow("delete it to download it");
    expect(await readFile(join(folder, "set.bin"), "utf8")).toBe("mine");
  });

  test("refuses what the server refuses, and more than maxBytes", async () => {
    await expect(cachedFile(url, { folder, sha256, maxBytes: 1000 })).rejects.toThrow("expected at most 1000 bytes");
    await rm(join(folder, "set.bin.part"));
    answer = (_, response) => response.writeHead(404).end();
    await expect(cachedFile(url, { folder, sha256 })).rejects.toThrow("could not be downloaded");
    answer = (_, response) => response.writeHead(206, { "content-range": "bytes 5-9/10" }).end("12345");
    await expect(cachedFile(url, { folder, sha256 })).rejects.toThrow("could not be downloaded");
    expect(await readdir(folder)).toEqual([]);
  });

  test("stops when it is told to", async () => {
    answer = () => undefined;
    await expect(cachedFile(url, { folder, sha256, signal: AbortSignal.timeout(50) })).rejects.toThrow(
      /abort|timeout/i,
    );
  });

  test.each(["../set.bin", "a/b", "a\\b", "..", ".hidden", "", "x.part", "C:set", "a\0b", "x".repeat(300)])(
    "refuses the name %j, which is none in the folder",
    async (name) => {
      await expect(cachedFile(url, { folder, sha256, name })).rejects.toThrow("name must be of letters");
      expect(requests).toEqual([]);
    },
  );

  test("refuses other addresses and checksums", async () => {
    await expect(cachedFile("file:///etc/passwd", { folder, sha256 })).rejects.toThrow("url must be http or https");
    await expect(cachedFile("set.bin", { folder, sha256 })).rejects.toThrow(TypeError);
    await expect(cachedFile("http://127.0.0.1/", { folder, sha256 })).rejects.toThrow('but found ""');
    await expect(cachedFile(url, { folder, sha256: "abc" })).rejects.toThrow(
      "sha256 must be 64 hexadecimal digits but found abc",
    );
    await expect(cachedFile(url, { folder, sha256, maxBytes: 0 })).rejects.toThrow(
      "maxBytes must be at least 1 but found 0",
    );
  });
});
