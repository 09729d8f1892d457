/** A method of a service, as ts-proto generates it. */
export interface Method<Request, Response> {
  readonly path: string;
  requestSerialize(this: void, request: Request): Buffer;
  responseDeserialize(this: void, message: Buffer): Response;
}
