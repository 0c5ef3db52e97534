# python3 server.py [--workers=N] ADDRESS PORT...: listens, and does nothing else; workers are children with the same sockets.
import os, socket, sys, time
workers = int(sys.argv.pop(1).split('=')[1]) if sys.argv[1].startswith('--workers=') else 0
sockets = [socket.create_server((sys.argv[1], int(port)), family=socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
           for port in sys.argv[2:]]
parent = os.getpid()
for worker in range(workers):
    if os.getpid() == parent:
        os.fork()
if os.getpid() == parent:
    print('ready', flush=True)
time.sleep(600)
