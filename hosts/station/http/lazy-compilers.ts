/**
 * Compiles the schema of a route at its first request. To compile all of them takes a large part of a start.
 * The tests of the routes use each of them.
 */
import ajvCompiler from "@fastify/ajv-compiler";
import serializerCompiler from "@fastify/fast-json-stringify-compiler";
import type { FastifyInstance, FastifySchemaCompiler } from "fastify";

const buildValidators = ajvCompiler();
const buildSerializers = serializerCompiler();

type Schemas = Parameters<typeof buildValidators>[0];

/** What is in a request must have its type, and what the schema does not know is refused. */
const AJV_OPTIONS = Object.freeze({ coerceTypes: false, removeAdditional: false, allErrors: false });

/** Gives the server compilers that wait until a schema is used. */
export function compileLazily(app: FastifyInstance): void {
  const validators = once(
    () =>
      buildValidators(app.getSchemas() as Schemas, { customOptions: AJV_OPTIONS }) as FastifySchemaCompiler<unknown>,
  );
  app.setValidatorCompiler((route) => {
    const compiled = once(() => validators()(route));
    const validate: ReturnType<FastifySchemaCompiler<unknown>> = (data) => {
      const result = compiled()(data);
      validate.errors = compiled().errors ?? null;
      return result;
    };
    return validate;
  });
  const serializers = once(() => buildSerializers(app.getSchemas()));
  app.setSerializerCompiler((route) => {
    const serialize = once(() => serializers()(route as Parameters<ReturnType<typeof buildSerializers>>[0]));
    return (data) => serialize()(data);
  });
}

function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
