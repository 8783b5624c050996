import { main, numberOption, readOptions, textOption } from '@rpc-steps/cli'
import { fillFolder } from './src/certificates.ts'

const usage = `certificates.ts [options]

Makes what the server and the clients of this step show: an authority that signs, and certificates and
tokens that it has signed. Started again, it keeps the authority and makes all else anew.`

await main(async () => {
  const { folder, names, hosts, days } = readOptions(usage, {
    folder: textOption('FOLDER', 'where to', 'certificates'),
    names: textOption('NAME,...', 'clients', 'ada,bob'),
    hosts: textOption('HOST,...', 'names and addresses of the server', 'localhost,127.0.0.1,::1'),
    days: numberOption('N', 'how long they are good', 30, 0, 36_500),
  })
  const made = await fillFolder(folder, { names: names.split(','), hosts: hosts.split(','), days })
  console.log(`in ${folder}: ${made.filter((file) => !file.endsWith('.key')).join(' ')}, and their keys`)
})
