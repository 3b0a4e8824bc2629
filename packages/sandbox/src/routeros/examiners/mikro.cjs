// mikro-routeros against a router: the script that every examiner runs. Arguments: port.
const { RouterOSClient } = require('mikro-routeros');

async function main() {
  const client = new RouterOSClient('127.0.0.1', Number(process.argv[2]), 10_000);
  await client.connect();
  await client.login('crowdsec', 'secret');
  const menu = '/ip/firewall/address-list';
  const refused = (command, params) =>
    client.runQuery(command, params).then(
      () => '',
      (error) => error.message,
    );
  const said = {};
  said.version = (await client.runQuery('/system/resource/print'))[0].version;
  said.empty = (await client.runQuery(`${menu}/print`)).length;
  await client.runQuery(`${menu}/add`, { list: 'examined', address: '203.0.113.1/32', timeout: '1h', comment: 'one' });
  await client.runQuery(`${menu}/add`, { list: 'examined', address: '203.0.113.0/25', comment: 'two', disabled: 'yes' });
  said.duplicate = await refused(`${menu}/add`, { list: 'examined', address: '203.0.113.1', timeout: '1h' });
  const [first] = await client.runQuery(`${menu}/print`, { address: '203.0.113.1' });
  await client.runQuery(`${menu}/set`, { '.id': first['.id'], timeout: '2h', comment: 'moved' });
  const enabled = await client.runQuery(`${menu}/print`, { list: 'examined', disabled: 'no' });
  said.enabled = enabled.map(({ address, comment }) => [address, comment]);
  await client.runQuery(`${menu}/remove`, { '.id': first['.id'] });
  said.gone = await refused(`${menu}/remove`, { '.id': first['.id'] });
  said.left = (await client.runQuery(`${menu}/print`)).map(({ address }) => address);
  await client.close();
  console.log(JSON.stringify(said));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
