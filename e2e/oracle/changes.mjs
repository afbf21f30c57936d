// Reads a JSON array of {from, to, provider}, texts of one file each, on standard input and answers, one for one,
// [script from nothing to `from`, script from `from` to `to`] as Prisma's engine writes them.
import fs from 'node:fs'
import { script, withoutUrls } from './engine.mjs'

const answers = []
for (const { from, to, provider } of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  const [before, after] = [from, to].map((text) => [['schema.prisma', withoutUrls(text)]])
  answers.push([await script(null, before, provider), await script(before, after, provider)])
}
process.stdout.write(JSON.stringify(answers))
