// node server.js PORT [STATUS [BODY [DELAY]]]: answers every request with this, after so many milliseconds.
const [port, status = 200, body = 'OK', delay = 0] = process.argv.slice(2);
require('http').createServer((request, response) => setTimeout(() => {
  response.writeHead(+status, body.startsWith('/') ? {location: body} : {}).end(body);
}, +delay)).listen(+port, '127.0.0.1', () => console.log('ready'));
