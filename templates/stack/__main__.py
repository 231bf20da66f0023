from baseten_tei import deploy

deploy()
