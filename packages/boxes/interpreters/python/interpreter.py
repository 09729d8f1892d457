"""The interpreter: runs code, one piece after another, in one namespace."""


class Interpreter:
    def __init__(self, link):
        self.link = link
        self.lock = _thread.allocate_lock()
        self.pid = getpid()
        self.loop = None
        # Its dictionary is where the code's names live; pickle finds the code's classes by it.
        self.main = types.ModuleType("__main__")
        self.main.display = self.display
        sys.modules["__main__"] = self.main
        sys.meta_path.insert(0, PlotFinder(self.show_figures))

    def send(self, kind, value):
        body = dumps(value).encode()
        if len(body) > MAX_FRAME:
            raise ValueError("this is too large to be shown: %d bytes" % len(body))
        # An interrupt in the middle of a frame would spoil all that follow.
        with self.lock:
            before = mask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                write_frame(self.link, kind, body)
            finally:
                mask(signal.SIG_SETMASK, before)

    def display(self, *values):
        """Shows values: figures and PNG as images, dicts of MIME types as they are, others as what they can be shown as, and as text."""
        for value in values:
            if getpid() == self.pid:
                self.send(b"d", {mime: base64.b64encode(content).decode() for mime, content in bundle_of(value).items()})

    def serve(self):
        while True:
            set_handler(signal.SIGINT, signal.SIG_IGN)
            _, body = read_frame(self.link)
            request = loads(body)
            finished = {"run": request["run"]}
            try:
                try:
                    set_handler(signal.SIGINT, signal.default_int_handler)
                    self.run(request["code"], "%s%d>" % (RUN, request["run"]), finished)
                finally:
                    # A child that the code has forked must not go on as the interpreter.
                    if getpid() != self.pid:
                        leave_child()
                    set_handler(signal.SIGINT, signal.SIG_IGN)
            except BaseException as error:
                set_handler(signal.SIGINT, signal.SIG_IGN)
                finished["error"] = describe(error)
            for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
                try:
                    stream.flush()
                except Exception:
                    pass
            self.send(b"f", finished)

    def run(self, code, name, finished):
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        tree = ast.parse(code, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        try:
            self.evaluate(compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
            if last is not None:
                value = self.evaluate(compile(last, name, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
                if value is not None:
                    self.main._ = value
                    finished.update(value_of(value))
        except SystemExit as leaving:
            if leaving.code not in (None, 0) or getpid() != self.pid:
                raise
        finally:
            self.show_figures()

    def evaluate(self, compiled):
        if not compiled.co_flags & IS_COROUTINE:
            return evaluate(compiled, self.main.__dict__)
        import asyncio

        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        return self.loop.run_until_complete(evaluate(compiled, self.main.__dict__))

    def show_figures(self):
        """Figures that the code has made and left open are shown, and closed."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or getpid() != self.pid:
            return
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if figure.axes:
                self.display(figure)
        pyplot.close("all")


class PlotFinder:
    """Lets Matplotlib draw for us, off screen, and show by sending, unless the code, or its environment, has chosen who does."""

    BACKEND = "boxlite_plots"

    def __init__(self, show_figures):
        self.show_figures = show_figures

    def find_spec(self, name, path=None, target=None):
        if name == "matplotlib.pyplot" and "MPLBACKEND" not in os.environ:
            from matplotlib import rcParams
            from matplotlib.backends.backend_agg import FigureCanvasAgg

            module = types.ModuleType(self.BACKEND)
            module.FigureCanvas = FigureCanvasAgg
            module.show = lambda *args, **options: self.show_figures()
            sys.modules[self.BACKEND] = module
            rcParams["backend"] = "module://" + self.BACKEND
        return None


def leave_child():
    """The end of a forked child that came to the end of the code."""
    error = sys.exc_info()[1]
    code = 0
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        code = 1
        try:
            sys.excepthook(type(error), error, error.__traceback__)
        except BaseException:
            pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass
    os._exit(code)


def cut(text):
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def plain(text):
    """Text as JSON and UTF-8 can have it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def value_of(value):
    found = {"text": plain(cut(repr(value)))}
    try:
        text = dumps(value, allow_nan=False)
        if len(text) <= MAX_TEXT:
            found["json"] = loads(text)
    except (TypeError, ValueError, RecursionError, OverflowError):
        pass
    return found


def as_bytes(content):
    return bytes(content) if isinstance(content, (bytes, bytearray)) else str(content).encode("utf-8", "replace")


def bundle_of(value):
    """Content by MIME type."""
    import io

    if isinstance(value, dict) and value and all(isinstance(mime, str) and "/" in mime for mime in value):
        return {mime: as_bytes(content) for mime, content in value.items()}
    bundle = {}
    if isinstance(value, bytes) and value.startswith(PNG):
        return {"image/png": value}
    if hasattr(value, "savefig"):
        image = io.BytesIO()
        value.savefig(image, format="png", bbox_inches="tight")
        bundle["image/png"] = image.getvalue()
    elif not isinstance(value, type):
        for method, mime in SHOWN_AS:
            maker = getattr(value, method, None)
            made = maker() if callable(maker) else None
            if made is not None:
                bundle[mime] = as_bytes(made)
    bundle["text/plain"] = as_bytes(cut(repr(value)))
    return bundle


# What notebooks, too, ask values for.
SHOWN_AS = (
    ("_repr_png_", "image/png"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
)


def describe(error):
    """What went wrong, with the part of the traceback that is the code's and what that has called."""
    kind = type(error)
    try:
        report = traceback.TracebackException(kind, error, error.__traceback__, limit=MAX_FRAMES)
        within = report
        while within is not None:
            names = [frame.filename.startswith(RUN) for frame in within.stack]
            del within.stack[: names.index(True) if True in names else len(names)]
            within = within.__cause__ or within.__context__
        text = "".join(report.format())
        message = str(error)
    except BaseException as worse:
        text = message = "its own description failed with %s" % type(worse).__name__
    return {"name": plain(cut(kind.__name__)), "message": plain(cut(message)), "traceback": plain(cut(text))}
