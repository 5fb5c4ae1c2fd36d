"""The examples that `--help` shows, and the network file that `symnet new` writes."""

__all__ = ["EXAMPLES", "STARTER"]

EXAMPLES = {
    "derive": """examples:
  symnet derive two.net
  symnet derive two.net --drop h1 --at all=0
  symnet derive two.net --at all=0 --steps 2 --rate 0.1 --masks "h1;h2"
  symnet derive two.net --at all=0 --steps 2 --rate 0.1 --optimizer nesterov --hyper gamma=9/10
  symnet derive two.net --explain
  symnet derive two.net --format latex -o two.tex
  symnet derive two.net --format slides --language ru --drop h1 --at all=0 -o two.tex
  symnet derive two.net --format html --drop h1 -o two.html
  symnet derive two.net --format torch -o two.py
  symnet derive two.net --format c --style scalar -o two.c
  symnet derive two.net --format latex --standalone dL_dw1 -o formula.tex""",
    "lectures": """examples:
  symnet lectures
  symnet lectures L8.43
  symnet lectures --json --latex build/lectures
  symnet lectures --html site
  symnet lectures --slides lectures.tex --language ru
  symnet lectures --errata --language ru -o errata.tex""",
    "draw": """examples:
  symnet draw two.net -o two.svg
  symnet draw two.net --drop h1 -o two.tex
  symnet draw two.net --graph --at all=1/2 -o graph.svg""",
    "plot": """examples:
  symnet plot two.net --at all=0 --rate 0.02 --steps 20 --over w1,w01 -o path.svg
  symnet plot two.net --drop h1 --at all=0 -o convergence.svg
  symnet plot --activation elu,1 -o elu.svg""",
    "explain": """examples:
  symnet explain L8.43
  symnet explain P4.61 E3.25""",
    "new": """examples:
  symnet new mine.net
  symnet new - | less""",
    "claim": r"""examples:
  symnet claim two.net '\frac{\partial L}{\partial w_2} = 2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2)'
  symnet claim two.net -        (reads the formula from standard input)""",
    "check": """examples:
  symnet check my.layers:batchnorm --as batch_norm     (batchnorm_forward and batchnorm_backward)
  symnet check layers.py:Adam --as adam --json
  symnet check layers.py:softmax --as softmax --dtype float32
  symnet check layers.py:dense --as dense_second       (dense_backward and dense_backward_backward)
  symnet check model.py:step --as two.net
  symnet check my.layers:dense --as dense --tests tests/test_layers.py::test_dense""",
    "lint": """examples:
  symnet lint slides.tex --network two.net
  symnet lint slides.tex --network two.net -o marked.tex""",
}

STARTER = """\
network mine                        # a name; '#' starts a comment
inputs x                            # one or more names
h1 = f(w1*x + w01)                  # one line a neuron; f stays abstract, or tanh, relu, sigmoid, ...
h2 = f(w2*x + w02)
F  = norm(h1*w3 + h2*w4) + w03      # (z - C)/S over the objects; also norm(z, eps=1/100, scale=a, shift=b, ddof=1)
# loss mean (F - y)^2               # the default is sum (F - y)^2
data x | y                          # exact numbers: 2, -1/3, 0.1; without data the batch is symbolic, 1..m
  -1 | -1
   0 | 1/2
   1 |  1
# statistics 1..2                   # the rows whose mean and deviation norm uses (default: all)
"""
