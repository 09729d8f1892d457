import type { Field, Handle, Method, Model, Struct } from '../model.js';

/** How the API is written in one language. */
export interface Language {
  title: string;
  /** What stands before everything else: a paragraph. */
  intro: string;
  /** What a method or function looks like where it is called. */
  signature(method: Method, owner: Handle | undefined): string;
  /** A field of a struct, or a property, with its type. */
  field(field: Field): { name: string; type: string };
  /** What an alias stands for. */
  alias(name: string): string;
  error(code: string): string;
  /** A doc comment's text in this language's words. */
  words(text: string): string;
  /** Parameters and options that are explained below a signature. */
  explained(method: Method): readonly Field[];
  /** Whether a method is there in this language. */
  isThere(method: Method): boolean;
  /** Structs that have a name of their own here. */
  structs(model: Model): readonly Struct[];
}
