/** Reads an SDK's declaration files with the TypeScript compiler's parser; loaded only when the cache has no answer. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import ts from "typescript";
import type { Member, Members, Shape, Shapes } from "./shapes.ts";

type Interfaces = ReadonlyMap<string, ts.InterfaceDeclaration>;

/** Interfaces by their names with the namespaces they are in, e.g. `eks.ClusterVpcConfig`. */
function interfacesOf(
  root: ts.Node,
  prefix = "",
  found = new Map<string, ts.InterfaceDeclaration>(),
): Interfaces {
  ts.forEachChild(root, (node) => {
    if (ts.isInterfaceDeclaration(node)) found.set(`${prefix}${node.name.text}`, node);
    else if (ts.isModuleDeclaration(node) && node.body !== undefined)
      interfacesOf(node.body, `${prefix}${node.name.text}.`, found);
  });
  return found;
}

async function parse(file: string): Promise<ts.SourceFile> {
  return ts.createSourceFile(file, await readFile(file, "utf8"), ts.ScriptTarget.Latest);
}

/** File of a token: `aws:ec2/vpc:Vpc` is in ec2/vpc.d.ts, `azure-native:network:Subnet` in network/subnet.d.ts. */
function fileOf(token: string): { file: string; name: string } {
  const [, path = "", name = ""] = token.split(":");
  if (token.startsWith("pulumi:providers:")) return { file: "provider.d.ts", name: "Provider" };
  const lower = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  const file = path.includes("/") ? path.replace(/^index\//, "") : `${path}/${lower}`;
  return { file: `${file}.d.ts`, name };
}

function textOf(node: ts.EntityName): string {
  return ts.isIdentifier(node) ? node.text : `${textOf(node.left)}.${node.right.text}`;
}

class Reader {
  readonly objects: Record<string, Members> = {};
  readonly #folder: string;
  readonly #inputs: Interfaces;
  readonly #enums = new Map<string, ReadonlyMap<string, string[]>>();

  constructor(folder: string, inputs: Interfaces) {
    this.#folder = folder;
    this.#inputs = inputs;
  }

  async members(nodes: readonly (ts.TypeElement | ts.ClassElement)[]): Promise<Members> {
    const found: Members = {};
    for (const node of nodes) {
      if (!ts.isPropertySignature(node) && !ts.isPropertyDeclaration(node)) continue;
      if (node.type === undefined || !(ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))) continue;
      if (node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.StaticKeyword)) continue;
      const member = await this.#member(node.type);
      found[node.name.text] = { ...member, required: member.required && node.questionToken === undefined };
    }
    return found;
  }

  async #member(type: ts.TypeNode): Promise<Member> {
    if (ts.isTypeReferenceNode(type)) {
      const name = textOf(type.typeName);
      const [argument] = type.typeArguments ?? [];
      if (argument !== undefined && /^pulumi\.(Input|Output)$/.test(name)) return this.#member(argument);
    }
    if (!ts.isUnionTypeNode(type)) return { shape: await this.#shape(type), required: true };
    const kinds = type.types.filter((part) => part.kind !== ts.SyntaxKind.UndefinedKeyword);
    const required = kinds.length === type.types.length;
    const parts = await Promise.all(kinds.map(async (part) => (await this.#member(part)).shape));
    return { shape: unionOf(parts), required };
  }

  async #shape(type: ts.TypeNode): Promise<Shape> {
    if (ts.isArrayTypeNode(type)) return { is: "list", of: (await this.#member(type.elementType)).shape };
    if (ts.isParenthesizedTypeNode(type)) return (await this.#member(type.type)).shape;
    if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal))
      return { is: "text", options: [type.literal.text] };
    if (ts.isTypeLiteralNode(type)) {
      const index = type.members.find(ts.isIndexSignatureDeclaration);
      return index === undefined ? { is: "any" } : { is: "map", of: (await this.#member(index.type)).shape };
    }
    switch (type.kind) {
      case ts.SyntaxKind.StringKeyword:
        return { is: "text" };
      case ts.SyntaxKind.NumberKeyword:
        return { is: "number" };
      case ts.SyntaxKind.BooleanKeyword:
        return { is: "boolean" };
      default:
        return ts.isTypeReferenceNode(type) ? this.#named(textOf(type.typeName)) : { is: "any" };
    }
  }

  async #named(name: string): Promise<Shape> {
    const [space, ...rest] = name.split(".");
    const own = rest.join(".");
    if (space === "enums") return this.#enumeration(rest);
    const declared = space === "inputs" ? this.#inputs.get(own) : undefined;
    if (declared === undefined) return { is: "any" };
    if (this.objects[own] === undefined) {
      // Reserved before it is read: types refer to themselves.
      this.objects[own] = {};
      this.objects[own] = await this.members([...declared.members]);
    }
    return { is: "object", named: own };
  }

  async #enumeration(path: readonly string[]): Promise<Shape> {
    const name = path.at(-1) ?? "";
    const file = join(this.#folder, "types", "enums", ...path.slice(0, -1), "index.d.ts");
    if (!existsSync(file)) return { is: "text" };
    if (!this.#enums.has(file)) this.#enums.set(file, literals(await parse(file)));
    const options = this.#enums.get(file)?.get(name);
    return options === undefined ? { is: "text" } : { is: "text", options };
  }
}

/** `export declare const Foo: { readonly A: "a" }`: the texts by the constant's name. */
function literals(file: ts.SourceFile): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, type } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || type === undefined || !ts.isTypeLiteralNode(type)) continue;
      const texts = type.members.flatMap((member) =>
        ts.isPropertySignature(member) &&
        member.type !== undefined &&
        ts.isLiteralTypeNode(member.type) &&
        ts.isStringLiteral(member.type.literal)
          ? [member.type.literal.text]
          : [],
      );
      found.set(name.text, texts);
    }
  }
  return found;
}

/** One shape for a union: literals together; a text beside a resource or a document stays a text. */
function unionOf(parts: readonly Shape[]): Shape {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const texts = parts.filter((part) => part.is === "text");
  if (texts.length === 0) return { is: "any" };
  const options = texts.flatMap((part) => part.options ?? []);
  if (options.length === 0)
    return parts.some((part) => part.is === "object") ? { is: "text", json: true } : { is: "text" };
  return { is: "text", options, open: texts.some((part) => part.options === undefined) };
}

/** Where a file is, whatever its capitals: `iAMMember` of a token is in iammember.d.ts. */
async function inFolder(path: string): Promise<string | undefined> {
  if (existsSync(path)) return path;
  const [folder, name] = [dirname(path), basename(path).toLowerCase()];
  const found = existsSync(folder) ? await readdir(folder) : [];
  const file = found.find((one) => one.toLowerCase() === name);
  return file === undefined ? undefined : join(folder, file);
}

/** @throws when the SDK has no declaration for a token. */
export async function declaredShapes(folder: string, tokens: readonly string[]): Promise<Shapes> {
  const reader = new Reader(folder, interfacesOf(await parse(join(folder, "types", "input.d.ts"))));
  const types: Shapes["types"] = {};
  for (const token of tokens) {
    const { file, name } = fileOf(token);
    const path = await inFolder(join(folder, file));
    if (path === undefined) throw new Error(`The SDK declares no ${token}: ${file} is not in it`);
    const source = await parse(path);
    const interfaces = interfacesOf(source);
    const base = /^[a-z]/.test(name) ? `${name.charAt(0).toUpperCase()}${name.slice(1)}` : name;
    const inputs = interfaces.get(`${base}Args`);
    const made = source.statements.find((node) => ts.isClassDeclaration(node) && node.name?.text === name);
    const result = made !== undefined && ts.isClassDeclaration(made) ? made : interfaces.get(`${base}Result`);
    if (result === undefined) throw new Error(`The SDK declares no ${token}: ${file} has no ${name}`);
    types[token] = {
      inputs: inputs === undefined ? {} : await reader.members([...inputs.members]),
      outputs: await reader.members([...result.members]),
    };
  }
  return { types, objects: reader.objects };
}
