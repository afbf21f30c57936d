// Reads a JSON array of {files: [[name, text]], provider, sql} on standard input and answers, one for one,
// {errors: [{file, line, end, text}], warnings: [...], formatted: [text], sql} as Prisma's engines see the schema.
import fs from 'node:fs'
import { offsets, psl, script, withoutUrls } from './engine.mjs'

async function judge({ files, provider, sql: wanted }) {
  const adapted = files.map(([name, text]) => [name, withoutUrls(text)])
  const texts = Object.fromEntries(adapted)
  const findings = JSON.parse(psl.lint(JSON.stringify(adapted)))
  const shown = (found) => {
    const text = texts[found.file_name] ?? ''
    return { file: found.file_name, line: offsets(text, found.start), end: offsets(text, found.end), text: found.text }
  }
  const answer = {
    errors: findings.filter((found) => !found.is_warning).map(shown),
    warnings: findings.filter((found) => found.is_warning).map(shown),
    formatted: files.map(([name, text]) => {
      const options = { textDocument: { uri: `file:/${name}` }, options: { tabSize: 2, insertSpaces: true } }
      return JSON.parse(psl.format(JSON.stringify([[`file:/${name}`, text]]), JSON.stringify(options)))[0][1]
    }),
    sql: null,
  }
  if (wanted && answer.errors.length === 0) {
    answer.sql = await script(null, adapted, provider)
  }
  return answer
}

const answers = []
for (const question of JSON.parse(fs.readFileSync(0, 'utf8'))) answers.push(await judge(question))
process.stdout.write(JSON.stringify(answers))
