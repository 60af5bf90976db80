import { existsSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { snippetsOf } from "./_snippets.ts";
import {
  entriesOf,
  isPrivate,
  isTest,
  lineAt,
  main,
  type Problem,
  parse,
  ROOT,
  readSource,
  readWorkspaces,
  type SourceFile,
} from "./_workspace.ts";

/** What a doc comment looks like when it states a shape: `[batch, classes]`, "the shape of `x`", "a scalar". */
const SHAPE = /\[[^\]]*\]|\bshapes?\b|\bscalar\b/i;
const FENCE = /```ts\n[\s\S]*?```/;

type Report = (node: ts.Node, message: string) => void;

/** Looks whether the exports of a source, or the entry point that it is, are documented as CONTRIBUTING.md asks. */
export function checkDocs(file: SourceFile, isEntry: boolean = false): Problem[] {
  const problems: Problem[] = [];
  const source = parse(file);
  const report: Report = (node, message) => {
    problems.push({ file: file.path, line: lineAt(file.text, node.getStart()), message });
  };
  if (isEntry) checkEntry(source, report);
  else
    for (const [name, declarations] of exportsOf(source))
      checkExport(name, declarations, !isPrivate(file.path), report);
  return problems;
}

/** Looks whether the README of a package exists (`undefined` when it does not) and shows an example. */
export function checkReadme(path: string, readme: SourceFile | undefined): Problem[] {
  if (!readme) return [{ file: path, line: 1, message: "is missing" }];
  const shown = snippetsOf(readme).some(({ ignored }) => !ignored);
  return shown ? [] : [{ file: path, line: 1, message: "must show a ts example that runs" }];
}

function checkEntry(source: ts.SourceFile, report: Report): void {
  const first = source.statements[0] ?? source;
  const summary = checkSummary(first, "the module", report);
  if (!ts.getJSDocTags(first).some((tag) => tag.tagName.text === "module")) report(first, "the module lacks @module");
  if (!FENCE.test(summary)) report(first, "the module lacks a ts example");
}

/** The declarations of each exported name, in the order of the file. */
function exportsOf(source: ts.SourceFile): Map<string, ts.Statement[]> {
  const found = new Map<string, ts.Statement[]>();
  for (const statement of source.statements) {
    if (!ts.canHaveModifiers(statement)) continue;
    if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText())
      : [(statement as ts.Statement & { name?: ts.Identifier }).name?.text ?? "default"];
    for (const name of names) found.set(name, [...(found.get(name) ?? []), statement]);
  }
  return found;
}

function checkExport(name: string, declarations: readonly ts.Statement[], isPublic: boolean, report: Report): void {
  const functions = declarations.filter(ts.isFunctionDeclaration);
  if (functions.length > 0) {
    // The implementation of overloads is not seen from outside.
    const seen = functions.length > 1 ? functions.filter(({ body }) => !body) : functions;
    for (const declaration of seen) checkSummary(declaration, `${name}()`, report);
    if (isPublic) checkFunction(name, seen, report);
    return;
  }
  for (const declaration of declarations) {
    checkSummary(declaration, name, report);
    if (isPublic) checkMembers(name, declaration, report);
  }
}

function checkFunction(name: string, overloads: readonly ts.FunctionDeclaration[], report: Report): void {
  for (const declaration of overloads) {
    checkParameters(`${name}()`, declaration, report);
    const returns = textOf(ts.getJSDocReturnTag(declaration)?.comment);
    if (returns === "" && !returnsNothing(declaration)) report(declaration, `${name}() lacks @returns`);
  }
  const first = overloads[0]!;
  const docs = overloads.flatMap((declaration) => ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc));
  const examples = overloads.flatMap((declaration) =>
    ts.getJSDocTags(declaration).filter(({ tagName }) => tagName.text === "example"),
  );
  if (examples.length === 0) report(first, `${name}() lacks @example`);
  for (const example of examples) {
    const text = textOf(example.comment);
    if (!FENCE.test(text)) report(example, `an @example of ${name}() lacks a ts fence`);
    else if (text.startsWith("```")) report(example, `an @example of ${name}() lacks a title`);
  }
  const prose = docs.map((doc) => doc.getText().replace(/```[\s\S]*?```/g, "")).join("\n");
  if (overloads.some(takesOrReturnsTensor) && !SHAPE.test(prose)) {
    report(first, `${name}() takes or returns tensors but its doc comment states no shape`);
  }
}

function checkParameters(
  owner: string,
  declaration: ts.FunctionDeclaration | ts.ConstructorDeclaration,
  report: Report,
): void {
  const names = new Set(declaration.parameters.map(({ name }) => name.getText()));
  for (const parameter of declaration.parameters) {
    const tag = ts.getJSDocParameterTags(parameter)[0];
    if (textOf(tag?.comment) === "") report(parameter, `${owner} lacks @param ${parameter.name.getText()}`);
  }
  for (const tag of ts.getJSDocTags(declaration).filter(ts.isJSDocParameterTag)) {
    if (!names.has(tag.name.getText())) report(tag, `${owner} has no parameter ${tag.name.getText()}`);
  }
}

function returnsNothing({ type }: ts.FunctionDeclaration): boolean {
  return type === undefined || /^(void|never|Promise<void>|asserts .*)$/.test(type.getText());
}

function takesOrReturnsTensor({ parameters, type }: ts.FunctionDeclaration): boolean {
  const types = [...parameters.map((parameter) => parameter.type), type];
  return types.some((node) => node !== undefined && /\b(Tensor([1-6]D)?|Scalar)\b/.test(node.getText()));
}

/** Looks whether the members of an interface, class or literal type have a doc line, and optional options a default. */
function checkMembers(owner: string, declaration: ts.Statement, report: Report): void {
  for (const member of membersOf(declaration)) {
    const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
    const { PrivateKeyword, ProtectedKeyword, OverrideKeyword } = ts.SyntaxKind;
    if (modifiers.some(({ kind }) => [PrivateKeyword, ProtectedKeyword, OverrideKeyword].includes(kind as number)))
      continue;
    if (member.name && ts.isPrivateIdentifier(member.name)) continue;
    if (ts.isConstructorDeclaration(member)) {
      checkParameters(`new ${owner}()`, member, report);
      continue;
    }
    const name = `${owner}.${member.name?.getText() ?? "()"}`;
    if (summaryOf(member) === "") report(member, `${name} lacks a doc line`);
    const hasDefault = ts
      .getJSDocTags(member)
      .some(({ tagName, comment }) => tagName.text === "default" && textOf(comment) !== "");
    if (owner.endsWith("Options") && ts.isPropertySignature(member) && member.questionToken && !hasDefault) {
      report(member, `${name} is optional but lacks @default {value}`);
    }
  }
}

function membersOf(declaration: ts.Statement): readonly (ts.TypeElement | ts.ClassElement)[] {
  if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) return declaration.members;
  return ts.isTypeAliasDeclaration(declaration) ? literalMembers(declaration.type) : [];
}

function literalMembers(type: ts.TypeNode): readonly ts.TypeElement[] {
  if (ts.isTypeLiteralNode(type)) return type.members;
  if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) return type.types.flatMap(literalMembers);
  return ts.isParenthesizedTypeNode(type) ? literalMembers(type.type) : [];
}

/** Reports unless the doc comment of `node` begins with a sentence; returns its text before the first tag. */
function checkSummary(node: ts.Node, name: string, report: Report): string {
  const text = summaryOf(node);
  if (text === "") report(node, `${name} lacks a doc comment`);
  else if (!/[.:!?]$/.test(text.split("\n\n")[0]!.trim()))
    report(node, `the doc comment of ${name} must begin with a sentence`);
  return text;
}

function summaryOf(node: ts.Node): string {
  return textOf(ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.comment);
}

function textOf(comment: Parameters<typeof ts.getTextOfJSDocComment>[0]): string {
  return (ts.getTextOfJSDocComment(comment) ?? "").trim();
}

main(import.meta.url, () => {
  const packages = readWorkspaces("packages");
  const entries = new Set(packages.flatMap(entriesOf));
  const sources = packages.flatMap(({ sources }) => sources).filter(({ path }) => !isTest(path));
  const readmes = packages.map(({ folder }) => `${folder}/README.md`);
  return {
    problems: [
      ...sources.flatMap((file) => checkDocs(file, entries.has(file.path))),
      ...readmes.flatMap((path) => checkReadme(path, existsSync(join(ROOT, path)) ? readSource(path) : undefined)),
    ],
    checked: `the docs of ${sources.length} sources and ${readmes.length} packages`,
  };
});
