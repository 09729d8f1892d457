import ts from 'typescript';
import type { Alias, Field, Struct, Type } from './model.js';
import type { OverrideUse } from './overrides.js';
import { isInternal, readDoc } from './read-doc.js';

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Types of Node.js and of the language that have a form of their own on the wire. */
const KNOWN: Readonly<Record<string, Type>> = {
  Buffer: { kind: 'bytes' },
  Uint8Array: { kind: 'bytes' },
  Date: { kind: 'date' },
  AbortSignal: { kind: 'signal' },
  Readable: { kind: 'readable' },
  Writable: { kind: 'writable' },
};
const ITERABLES = new Set(['AsyncIterable', 'AsyncIterableIterator', 'AsyncGenerator']);

export const isUndefined = ({ kind }: ts.TypeNode): boolean => kind === ts.SyntaxKind.UndefinedKeyword;

const sameType = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const union = (members: readonly Type[]): Type => {
  const of: Type[] = [];
  for (const member of members.flatMap((type) => (type.kind === 'union' ? type.of : [type]))) {
    if (!of.some((seen) => sameType(seen, member))) of.push(member);
  }
  const [first] = of;
  return of.length === 1 && first ? first : { kind: 'union', of };
};

/**
 * Turns TypeScript's types into the model's, and collects the structs and aliases that they name.
 *
 * Where a declaration has its type written out, that is followed, since the checker forgets the names of unions; utility types (`Omit`,
 * `Pick`) and instances of generic types are left to the checker.
 */
export class TypeReader {
  readonly structs = new Map<string, Struct>();
  readonly aliases = new Map<string, Alias>();
  /** Interfaces and classes with methods, by name; for whoever reads those. */
  readonly handles = new Map<string, ts.Type>();

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly overrides: OverrideUse,
  ) {}

  /** @param place What a type without a name is called after. */
  node(node: ts.TypeNode, place: string): Type {
    if (ts.isParenthesizedTypeNode(node)) return this.node(node.type, place);
    if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) return this.node(node.type, place);
    if (ts.isArrayTypeNode(node)) return { kind: 'array', item: this.node(node.elementType, place) };
    if (ts.isUnionTypeNode(node)) {
      const members = node.types.filter((member) => !isUndefined(member));
      const objects = members.filter(ts.isTypeLiteralNode).length;
      return union(members.map((member) => this.node(member, objects > 1 ? `${place}${this.#distinction(member)}` : place)));
    }
    if (ts.isTypeReferenceNode(node)) return this.#reference(node, place);
    return this.type(this.checker.getTypeFromTypeNode(node), place);
  }

  type(type: ts.Type, place: string): Type {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return { kind: 'json' };
    if (flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) return { kind: 'void' };
    if (flags & ts.TypeFlags.Null) return { kind: 'null' };
    if (flags & (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral)) return { kind: 'string' };
    if (flags & ts.TypeFlags.Number) return { kind: 'number' };
    if (flags & ts.TypeFlags.BigInt) return { kind: 'bigint' };
    if (flags & ts.TypeFlags.Boolean) return { kind: 'boolean' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { kind: 'literal', value: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) return { kind: 'literal', value: this.checker.typeToString(type) === 'true' };
    const alias = type.aliasSymbol;
    if (alias !== undefined && !type.aliasTypeArguments && this.#isOurs(alias)) return this.#named(alias, type);
    if (type.isUnion()) return this.#unionType(type, place);
    return this.#object(type, place);
  }

  /** The fields of an object type, without those that are left out. */
  fields(type: ts.Type, owner: string): Field[] {
    return this.checker.getPropertiesOfType(type).flatMap((property) => {
      if (isInternal(property) || property.name.startsWith('__@')) return [];
      if (this.overrides.isLeftOut(`${owner}.${property.name}`)) return [];
      return [this.property(property, owner)];
    });
  }

  property(property: ts.Symbol, ownerName: string): Field {
    const declaration = property.valueDeclaration ?? property.declarations?.[0];
    const written =
      declaration !== undefined && (ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration))
        ? declaration.type
        : undefined;
    const mayBeUndefined = written !== undefined && ts.isUnionTypeNode(written) && written.types.some(isUndefined);
    const optional = mayBeUndefined || (property.flags & ts.SymbolFlags.Optional) !== 0;
    // A type without a name is called after the interface that its property was declared in, whichever others have the property as well.
    const declared =
      declaration?.parent !== undefined && ts.isInterfaceDeclaration(declaration.parent) ? declaration.parent.name.text : ownerName;
    const place = `${declared.replace(/(Options|Info)$/, '')}${pascal(property.name)}`;
    const isParameter = written !== undefined && (this.checker.getTypeFromTypeNode(written).flags & ts.TypeFlags.TypeParameter) !== 0;
    const read =
      written !== undefined && !isParameter
        ? this.node(written, place)
        : this.type(this.#withoutUndefined(this.checker.getTypeOfSymbol(property)), place);
    return { name: property.name, doc: readDoc(property, this.checker), type: read, optional };
  }

  #reference(node: ts.TypeReferenceNode, place: string): Type {
    const name = node.typeName.getText();
    const [first, second] = node.typeArguments ?? [];
    if (name.startsWith('NodeJS.') || name === 'BufferEncoding') return { kind: 'string' };
    if (name === 'Record' && second) return { kind: 'map', value: this.node(second, place) };
    if (name === 'Partial' && first && ts.isTypeReferenceNode(first) && first.typeName.getText() === 'Record')
      return this.node(first, place);
    if ((name === 'Readonly' || name === 'Promise') && first) return this.node(first, place);
    if (name === 'ReadonlyArray' && first) return { kind: 'array', item: this.node(first, place) };
    if (ITERABLES.has(name) && first) return { kind: 'items', item: this.node(first, place) };
    const type = this.checker.getTypeFromTypeNode(node);
    const symbol = this.checker.getSymbolAtLocation(node.typeName);
    const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    if (target !== undefined && target.flags & ts.SymbolFlags.TypeAlias && this.#isOurs(target) && !node.typeArguments)
      return this.#named(target, type);
    return this.type(this.#withoutUndefined(type), place);
  }

  #unionType(type: ts.UnionType, place: string): Type {
    const members = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    const booleans = members.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral);
    const rest = booleans.length === 2 ? members.filter((member) => !booleans.includes(member)) : members;
    const objects = rest.filter(
      (member) => !member.getSymbol()?.name.match(/^[A-Z]/) && member.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection),
    );
    const read = rest.map((member) =>
      this.type(member, objects.length > 1 && objects.includes(member) ? `${place}${this.#distinctionOf(member)}` : place),
    );
    return union(booleans.length === 2 ? [...read, { kind: 'boolean' }] : read);
  }

  #object(type: ts.Type, place: string): Type {
    const symbol = type.getSymbol();
    const name = symbol?.name ?? '__type';
    const known = KNOWN[name];
    if (known !== undefined && symbol !== undefined && !this.#isOurs(symbol)) return known;
    const [argument] = this.#isReference(type) ? this.checker.getTypeArguments(type) : [];
    if (this.checker.isArrayType(type) && argument) return { kind: 'array', item: this.type(argument, place) };
    if (ITERABLES.has(name) && argument) return { kind: 'items', item: this.type(argument, place) };
    if (name === 'Promise' && argument) return this.type(argument, place);
    const [call] = type.getCallSignatures();
    if (call !== undefined) {
      const [parameter] = call.getParameters();
      return { kind: 'callback', argument: parameter ? this.type(this.checker.getTypeOfSymbol(parameter), place) : { kind: 'void' } };
    }
    const index = type.getStringIndexType();
    if (index !== undefined) return { kind: 'map', value: this.type(index, place) };
    const isNamed = symbol !== undefined && this.#isOurs(symbol) && !name.startsWith('__');
    if (isNamed && this.#hasMethods(type)) {
      this.handles.set(name, type);
      return { kind: 'handle', name };
    }
    if (symbol !== undefined && !this.#isOurs(symbol))
      throw new Error(`${place}: no binding can have a ${name}; leave the member out, with the reason`);
    return this.#struct(type, this.overrides.nameOf(isNamed ? name : place), isNamed ? symbol : undefined);
  }

  #struct(type: ts.Type, name: string, symbol: ts.Symbol | undefined): Type {
    const reference: Type = { kind: 'ref', name };
    const seen = this.structs.get(name);
    if (seen !== undefined && symbol !== undefined) return reference;
    const doc = symbol ? readDoc(symbol, this.checker) : { text: '' };
    // Before its fields are read, which may name it again.
    if (seen === undefined) this.structs.set(name, { name, doc, fields: [] });
    const fields = this.fields(type, name);
    if (seen !== undefined && !sameType(seen.fields, fields))
      throw new Error(`two types would be called ${name}; give one of them a name in overrides.json`);
    this.structs.set(name, { name, doc, fields });
    return reference;
  }

  #named(symbol: ts.Symbol, type: ts.Type): Type {
    const { name } = symbol;
    const declaration = symbol.declarations?.find(ts.isTypeAliasDeclaration);
    if (!type.isUnion() && !this.aliases.has(name)) {
      // A function, a map or an object has no need of its name, but for an object's own.
      if (type.getCallSignatures().length > 0 || type.getStringIndexType() !== undefined) return this.#object(type, name);
      if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection) && !this.checker.isArrayType(type))
        return this.#struct(type, name, symbol);
    }
    if (!this.aliases.has(name)) {
      const alias = { name, doc: readDoc(symbol, this.checker), type: { kind: 'void' } as Type };
      this.aliases.set(name, alias);
      const written = declaration?.type;
      alias.type = written !== undefined && ts.isUnionTypeNode(written) ? this.node(written, name) : this.#unionOrType(type, name);
    }
    return { kind: 'ref', name };
  }

  #unionOrType(type: ts.Type, place: string): Type {
    return type.isUnion() ? this.#unionType(type, place) : this.#object(type, place);
  }

  /** What tells one object of a union from the others: the value of its first literal, or its first field. */
  #distinction(node: ts.TypeNode): string {
    return this.#distinctionOf(this.checker.getTypeFromTypeNode(node));
  }

  #distinctionOf(type: ts.Type): string {
    const properties = this.checker.getPropertiesOfType(type);
    for (const property of properties) {
      const value = this.checker.getTypeOfSymbol(property);
      if (value.isStringLiteral()) return pascal(value.value);
    }
    return pascal(properties[0]?.name ?? '');
  }

  #withoutUndefined(type: ts.Type): ts.Type {
    if (!type.isUnion() || !type.types.some(({ flags }) => flags & ts.TypeFlags.Undefined)) return type;
    const rest = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    return rest.length === 1 && rest[0] ? rest[0] : type;
  }

  #hasMethods(type: ts.Type): boolean {
    return this.checker.getPropertiesOfType(type).some(({ flags }) => flags & ts.SymbolFlags.Method);
  }

  #isReference(type: ts.Type): type is ts.TypeReference {
    return (type.flags & ts.TypeFlags.Object) !== 0 && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0;
  }

  /** Whether it is declared in this workspace, not in a library. */
  #isOurs(symbol: ts.Symbol): boolean {
    return (
      symbol.declarations?.some((declaration) => !/\/node_modules\/(?!@boxlite\/)/.test(declaration.getSourceFile().fileName)) ?? false
    );
  }
}
