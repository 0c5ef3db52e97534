// A service by the name of its file: it answers OK on the port that its variable names,
// or as a gRPC server without a health service.
const name = require('path').basename(process.argv[1], '.js').toUpperCase().replace(/-/g, '_') + '_PORT';
const unimplemented = {'content-type': 'application/grpc', 'grpc-status': 12};
const server = !name.includes('GRPC') ? require('http').createServer((_, response) => response.end('OK'))
  : require('http2').createServer((_, response) => response.writeHead(200, unimplemented).end());
server.listen(+process.env[name], '127.0.0.1');
