# A service by the name of its file: it answers OK on the port that its variable names.
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'OK')
name = os.path.basename(sys.argv[0])[:-3].upper().replace('-', '_') + '_PORT'
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ[name])), Handler).serve_forever()
