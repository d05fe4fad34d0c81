/** The OpenAPI document of the interface, made from the schemas by which it is checked and answered. */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";

/** To be called before the routes are added. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: {
        title: "Fieldpager station",
        version: "1",
        description: "Send pushes to pagers and follow what becomes of them. Every error is answered as `{error}`.",
      },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          session: { type: "apiKey", in: "cookie", name: "fieldpager-session" },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`) },
  });
  app.get("/api/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
