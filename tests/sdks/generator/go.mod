module baseten-tei/tests/sdks/generator
