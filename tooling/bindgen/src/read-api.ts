import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Field, Handle, Method, Model, Type } from './model.js';
import { type OverrideUse } from './overrides.js';
import { isInternal, readDoc } from './read-doc.js';
import { isUndefined, TypeReader } from './read-types.js';

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const byName = <T extends { name: string }>(values: Iterable<T>): T[] => [...values].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Opens the sources of a package with the settings that the workspace is compiled with. */
const openProgram = (packageDirectory: string): { program: ts.Program; entry: ts.SourceFile } => {
  const configPath = join(packageDirectory, 'tsconfig.json');
  const config = ts.getParsedCommandLineOfConfigFile(
    configPath,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
      },
    },
  );
  if (!config) throw new Error(`cannot read ${configPath}`);
  const index = join(packageDirectory, 'src/index.ts');
  const program = ts.createProgram([index], { ...config.options, types: ['node'] });
  const entry = program.getSourceFile(index);
  if (!entry) throw new Error(`cannot read ${index}`);
  const [broken] = program.getSemanticDiagnostics(entry);
  if (broken) throw new Error(`${index}: ${ts.flattenDiagnosticMessageText(broken.messageText, '\n')}`);
  return { program, entry };
};

/** Reads everything that a package exports. What a binding cannot have must be left out by name, or this throws. */
export class ApiReader {
  readonly #checker: ts.TypeChecker;
  readonly #entry: ts.SourceFile;
  readonly #types: TypeReader;
  readonly #handles = new Map<string, Handle>();

  constructor(
    private readonly packageDirectory: string,
    private readonly overrides: OverrideUse,
  ) {
    const { program, entry } = openProgram(packageDirectory);
    this.#checker = program.getTypeChecker();
    this.#entry = entry;
    this.#types = new TypeReader(this.#checker, overrides);
  }

  read(): Model {
    const module = this.#checker.getSymbolAtLocation(this.#entry);
    if (!module) throw new Error('the entry exports nothing');
    const functions: Method[] = [];
    const constants: Model['constants'][number][] = [];
    let errorCodes: string[] = [];
    for (const exported of this.#checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported;
      const { name } = exported;
      if (isInternal(symbol) || this.overrides.isLeftOut(name)) continue;
      if (name === 'BoxliteErrorCode') {
        const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
        errorCodes = type.isUnion() ? type.types.flatMap((member) => (member.isStringLiteral() ? [member.value] : [])) : [];
      } else if (name === 'BoxliteError') continue;
      else if (symbol.flags & ts.SymbolFlags.Class) this.#handle(name, this.#checker.getDeclaredTypeOfSymbol(symbol), symbol);
      else if (symbol.flags & ts.SymbolFlags.Function || this.#isFunction(symbol)) functions.push(this.#method(symbol, '', false));
      else if (symbol.flags & ts.SymbolFlags.Variable) constants.push(this.#constant(symbol));
      else this.#type(symbol);
    }
    // Handles that are met while others are read.
    for (let before = -1; before !== this.#handles.size;) {
      before = this.#handles.size;
      for (const [name, type] of this.#types.handles) this.#handle(name, type, type.getSymbol());
    }
    const { version } = JSON.parse(readFileSync(join(this.packageDirectory, 'package.json'), 'utf8')) as { version: string };
    return {
      version,
      errorCodes,
      constants: byName(constants),
      aliases: byName(this.#types.aliases.values()),
      structs: byName(this.#types.structs.values()),
      handles: byName(this.#handles.values()),
      functions: byName(functions),
    };
  }

  #isFunction(symbol: ts.Symbol): boolean {
    return symbol.valueDeclaration !== undefined && this.#checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0;
  }

  #constant(symbol: ts.Symbol): Model['constants'][number] {
    const type = this.#checker.getTypeOfSymbol(symbol);
    if (!type.isStringLiteral()) throw new Error(`the constant ${symbol.name} is no text; leave it out, with the reason`);
    return { name: symbol.name, doc: readDoc(symbol, this.#checker), value: type.value };
  }

  #type(symbol: ts.Symbol): void {
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    // Of a generic type the instances are read where they are used.
    const isGeneric = symbol.declarations?.some(
      (declaration) => 'typeParameters' in declaration && declaration.typeParameters !== undefined,
    );
    if (isGeneric !== true) this.#types.type(type, symbol.name);
  }

  #handle(name: string, type: ts.Type, symbol: ts.Symbol | undefined): void {
    if (this.#handles.has(name) || symbol === undefined) return;
    const handle = { name, doc: readDoc(symbol, this.#checker), properties: [] as Field[], methods: [] as Method[] };
    this.#handles.set(name, handle);
    const constructorOf = symbol.flags & ts.SymbolFlags.Class ? this.#checker.getTypeOfSymbol(symbol) : undefined;
    const statics = constructorOf ? this.#checker.getPropertiesOfType(constructorOf).filter(({ name: each }) => each !== 'prototype') : [];
    const members = [
      ...statics.map((member) => ({ member, isStatic: true })),
      ...this.#checker.getPropertiesOfType(type).map((member) => ({ member, isStatic: false })),
    ];
    let dispose = false;
    for (const { member, isStatic } of members) {
      if (member.name.startsWith('__@asyncDispose')) dispose = true;
      if (!this.#isPublic(member) || this.overrides.isLeftOut(`${name}.${member.name}`)) continue;
      if (member.flags & ts.SymbolFlags.Method) handle.methods.push(this.#method(member, name, isStatic));
      else handle.properties.push(this.#property(member, name));
    }
    if (dispose)
      this.#handles.set(name, { ...handle, dispose: handle.methods.some((method) => method.name === 'close') ? 'close' : 'asyncDispose' });
  }

  /** A property of a handle; a getter's type is what it returns. */
  #property(member: ts.Symbol, name: string): Field {
    const getter = member.declarations?.find(ts.isGetAccessorDeclaration);
    if (getter?.type) {
      const isOptional = ts.isUnionTypeNode(getter.type) && getter.type.types.some(isUndefined);
      const type = this.#types.node(getter.type, `${name}${pascal(member.name)}`);
      return { name: member.name, doc: readDoc(member, this.#checker), type, optional: isOptional };
    }
    return this.#types.property(member, name);
  }

  #isPublic(member: ts.Symbol): boolean {
    if (isInternal(member) || /^(__|#)/.test(member.name)) return false;
    const declaration = member.valueDeclaration ?? member.declarations?.[0];
    if (declaration === undefined) return false;
    const flags = ts.getCombinedModifierFlags(declaration);
    return !(flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
  }

  #method(symbol: ts.Symbol, owner: string, isStatic: boolean): Method {
    const label = `${owner}.${symbol.name}`;
    const signatures = this.#checker.getTypeOfSymbol(symbol).getCallSignatures();
    const [signature] = signatures;
    if (signature === undefined || signatures.length > 1)
      throw new Error(`${label} must have one signature; leave it out, with the reason`);
    const doc = readDoc(symbol, this.#checker);
    const parameters = signature.getParameters().map((parameter, at) => this.#parameter(parameter, at, `${owner}${pascal(symbol.name)}`));
    const declaration = signature.getDeclaration() as ts.SignatureDeclaration | undefined;
    const returned = this.#checker.getReturnTypeOfSignature(signature);
    const result: Type = declaration?.type
      ? this.#types.node(declaration.type, `${owner}${pascal(symbol.name)}Result`)
      : this.#types.type(returned, `${owner}${pascal(symbol.name)}Result`);
    return { name: symbol.name, doc, static: isStatic, parameters, result, async: returned.getSymbol()?.name === 'Promise' };
  }

  #parameter(symbol: ts.Symbol, at: number, place: string): Field {
    const declaration = symbol.valueDeclaration;
    if (!declaration || !ts.isParameter(declaration)) throw new Error(`${place}: parameter ${at} cannot be read`);
    // One that is taken apart at once has no name of its own.
    const name = ts.isIdentifier(declaration.name) ? symbol.name : at === 0 && !declaration.initializer ? 'target' : 'options';
    const optional = declaration.initializer !== undefined || declaration.questionToken !== undefined;
    const typePlace = `${place}${pascal(name)}`;
    const type = declaration.type
      ? this.#types.node(declaration.type, typePlace)
      : this.#types.type(this.#checker.getTypeOfSymbol(symbol), typePlace);
    return { name, doc: { text: '' }, type, optional };
  }
}
