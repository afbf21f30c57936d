// Reads a JSON array of {provider, url, schema, before} on standard input and answers, one for one, the text that
// Prisma's introspection writes; `url` is the path of a file for SQLite.
import fs from 'node:fs'
import { engine, words, withoutUrls } from './engine.mjs'
import { postgresql, sqlite } from './databases.mjs'

const answers = []
for (const { provider, url, schema, before } of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  const adapter = provider === 'postgresql' ? postgresql(url, schema) : await sqlite(url)
  // Connections are kept, so that they can be closed: the engine never does it.
  const open = []
  const connect = adapter.connect
  adapter.connect = async () => { const made = await connect(); open.push(made.value); return made }
  const content = withoutUrls(before)
  const files = [{ path: 'schema.prisma', content }]
  try {
    const se = await (await engine()).SchemaEngine.new({ datamodels: [['schema.prisma', content]] }, () => {}, adapter)
    const found = await se.introspect({ schema: { files }, baseDirectoryPath: '.', force: false, compositeTypeDepth: -1, namespaces: null })
    answers.push(found.schema.files[0].content)
  } catch (error) {
    answers.push(`failed: ${words(error)}`)
  }
  for (const connection of open) await connection.dispose()
}
process.stdout.write(JSON.stringify(answers), () => process.exit(0))
