"""The assembly: which contexts this process runs, as a web server, a worker, a relay or a command. Only it knows them all."""
