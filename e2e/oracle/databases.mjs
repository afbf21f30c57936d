// Connections that Prisma's engine can ask: PostgreSQL through `pg`, SQLite files through sql.js. Read only.
import fs from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const ok = (value) => ({ ok: true, value, map: (f) => ok(f(value)), flatMap: (f) => f(value) })
const failed = (error) => ({ ok: false, error, map: () => failed(error), flatMap: () => failed(error) })

// Numbers of the engine's column types.
const KIND = { Int32: 0, Int64: 1, Float: 2, Double: 3, Numeric: 4, Boolean: 5, Character: 6, Text: 7 }
const LIST = 64
const BY_OID = { 16: 'Boolean', 18: 'Character', 19: 'Text', 20: 'Int64', 21: 'Int32', 23: 'Int32', 25: 'Text', 26: 'Int64', 700: 'Float', 701: 'Double', 1042: 'Text', 1043: 'Text', 1700: 'Numeric' }
const ELEMENT = { 1000: 16, 1002: 18, 1003: 19, 1005: 21, 1007: 23, 1009: 25, 1015: 1043, 1016: 20, 1028: 26 }
const value = (kind, text) => text === null ? null : kind === 'Boolean' ? text === 't' : ['Int32', 'Float', 'Double'].includes(kind) ? Number(text) : text

export function postgresql(url, schema) {
  const { Client } = require('pg')
  const { parse } = require('postgres-array')
  return {
    provider: 'postgres', adapterName: 'pg',
    async connect() {
      const client = new Client({ connectionString: url, options: `-c search_path="${schema.replaceAll('"', '""')}"`, types: { getTypeParser: () => (text) => text } })
      await client.connect()
      const run = async ({ sql, args = [] }) => {
        const answer = await client.query({ text: sql, values: args, rowMode: 'array' })
        const kinds = answer.fields.map(({ dataTypeID: oid }) => ({ list: oid in ELEMENT, name: BY_OID[ELEMENT[oid] ?? oid] ?? 'Text' }))
        return {
          columnNames: answer.fields.map((field) => field.name),
          columnTypes: kinds.map(({ list, name }) => KIND[name] + (list ? LIST : 0)),
          rows: answer.rows.map((row) => row.map((cell, at) => cell === null ? null : kinds[at].list ? parse(cell, (text) => value(kinds[at].name, text)) : value(kinds[at].name, cell))),
        }
      }
      const asked = async (question) => {
        try { return ok(await run(question)) } catch (error) {
          return failed({ kind: 'postgres', code: error.code, severity: 'ERROR', message: error.message, originalCode: error.code, originalMessage: error.message })
        }
      }
      return ok({
        provider: 'postgres', adapterName: 'pg', queryRaw: asked,
        async executeRaw() { return ok(0) },
        async executeScript() { return ok(undefined) },
        getConnectionInfo() { return ok({ schemaName: schema, maxBindValues: 32766, supportsRelationJoins: true }) },
        async dispose() { await client.end(); return ok(undefined) },
        client,
      })
    },
  }
}

export async function sqlite(file) {
  const { Database } = await require('sql.js')()
  const database = new Database(fs.readFileSync(file))
  const run = ({ sql, args = [] }) => {
    const statement = database.prepare(sql)
    statement.bind(args)
    const columnNames = statement.getColumnNames()
    const rows = []
    while (statement.step()) rows.push(statement.get())
    statement.free()
    const columnTypes = columnNames.map((_, at) => {
      const known = rows.map((row) => row[at]).find((cell) => cell !== null)
      return typeof known === 'string' ? KIND.Text : Number.isInteger(known ?? 0) ? KIND.Int32 : KIND.Double
    })
    return { columnNames, columnTypes, rows }
  }
  const connection = {
    provider: 'sqlite', adapterName: 'sql.js',
    async queryRaw(question) {
      try { return ok(run(question)) } catch (error) {
        return failed({ kind: 'sqlite', extendedCode: 1, message: error.message, originalCode: '1', originalMessage: error.message })
      }
    },
    async executeRaw() { return ok(0) },
    async executeScript() { return ok(undefined) },
    getConnectionInfo() { return ok({ maxBindValues: 999, supportsRelationJoins: false }) },
    async dispose() { return ok(undefined) },
  }
  return { provider: 'sqlite', adapterName: 'sql.js', async connect() { return ok(connection) } }
}
