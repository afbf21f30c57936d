// Prisma's engines in WebAssembly.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), 'node_modules', '@prisma')
let panic = null
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message(message) { panic = message } }
export const psl = require(path.join(modules, 'prisma-schema-wasm', 'src', 'prisma_schema_build.js'))

const ok = (value) => ({ ok: true, value, map: (f) => ok(f(value)), flatMap: (f) => f(value) })

// What the engine asks of a connection before it compares two schemas.
function connection(provider) {
  const postgres = provider === 'postgres'
  const answer = { columnTypes: [5, 7, 0], columnNames: ['exists', 'version', 'numeric_version'], rows: [[true, 'PostgreSQL 15.0', 150000]] }
  const open = {
    provider, adapterName: 'none',
    async queryRaw() { return ok(postgres ? answer : { columnTypes: [], columnNames: [], rows: [] }) },
    async executeRaw() { return ok(0) },
    async executeScript() { return ok(undefined) },
    getConnectionInfo() { return ok({ schemaName: postgres ? 'public' : undefined, maxBindValues: 32766, supportsRelationJoins: true }) },
    async dispose() { return ok(undefined) },
  }
  return { provider, adapterName: 'none', async connect() { return ok(open) }, async connectToShadowDb() { return ok(open) } }
}

// An instance is of no use after a panic, so each comparison has its own.
let compiled = null
let serial = 0
export async function engine() {
  const folder = path.join(modules, 'schema-engine-wasm')
  compiled ??= new WebAssembly.Module(fs.readFileSync(path.join(folder, 'schema_engine_bg.wasm')))
  const js = await import(pathToFileURL(path.join(folder, 'schema_engine_bg.js')).href + `?n=${++serial}`)
  const instance = await WebAssembly.instantiate(compiled, { './schema_engine_bg.js': js })
  js.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return js
}

// Version 7 refuses connection urls in the schema; their lines are emptied so that no place moves.
export const withoutUrls = (text) => text.replace(/^[ \t]*(url|directUrl|shadowDatabaseUrl)[ \t]*=.*$/gm, '')
export const offsets = (text, offset) => Buffer.from(text).subarray(0, offset).toString().split('\n').length

// What went wrong; a panic's own words where the engine had one.
export function words(error) {
  const why = panic ?? error.message
  panic = null
  return why
}

// The script from one schema, or from nothing, to another; a panic's words where the engine had one.
export async function script(from, to, provider) {
  const side = (files) => files === null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: files.map(([path, content]) => ({ path, content })) }
  const adapter = connection(provider === 'postgresql' ? 'postgres' : provider)
  try {
    const se = await (await engine()).SchemaEngine.new({ datamodels: to }, () => {}, adapter)
    const filters = { externalTables: [], externalEnums: [] }
    const found = await se.diff({ from: side(from), to: side(to), script: true, exitCode: true, shadowDatabaseUrl: null, filters })
    return found.stdout
  } catch (error) {
    return `failed: ${words(error)}`
  }
}
