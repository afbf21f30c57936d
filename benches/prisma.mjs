// Reads a JSON array of {ask: "validate", text} and {ask: "diff", from, to} on standard input and answers, one for one,
// {milliseconds}: what the processor spent on the fastest of several runs of Prisma's engine, without its compilation. A refusal is no measurement.
import fs from 'node:fs'
import { psl, script, withoutUrls } from '../e2e/oracle/engine.mjs'

async function fastest(runs, work) {
  let best = Infinity
  for (let run = 0; run < runs; run++) {
    const start = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, (user + system) / 1000)
  }
  return { milliseconds: best }
}

const answers = []
for (const question of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  if (question.ask === 'validate') {
    const params = JSON.stringify({ prismaSchema: [['schema.prisma', withoutUrls(question.text)]], noColor: true })
    answers.push(await fastest(3, () => psl.validate(params)))
  } else {
    const [from, to] = [question.from, question.to].map((text) => [['schema.prisma', withoutUrls(text)]])
    answers.push(await fastest(2, async () => {
      const text = await script(from, to, 'postgresql')
      if (text.startsWith('failed: ')) throw new Error(text)
    }))
  }
}
process.stdout.write(JSON.stringify(answers))
