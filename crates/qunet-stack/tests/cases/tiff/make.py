"""Writes the files beside it, and expected.json: the pages that a stack has, as tifffile reads them.

Files that are to be refused have none there. Run with numpy and tifffile.
"""

import json
import pathlib

import numpy
import tifffile

HERE = pathlib.Path(__file__).parent
STACK = numpy.random.default_rng(1).integers(0, 4000, (6, 4, 5)).astype(numpy.uint16)
expected = {}


def expect(name, pages=None):
    """What tifffile reads of all pages, or of those."""
    with tifffile.TiffFile(HERE / name) as file:
        pages = range(len(file.pages)) if pages is None else pages
        slices = numpy.stack([file.pages[page].asarray() for page in pages]).astype(int)
    expected[name] = {"shape": slices.shape, "values": slices.ravel().tolist()}
    return slices


def ome(name, text, order=range(6)):
    """Pages with that text beside the first."""
    with tifffile.TiffWriter(HERE / name, ome=False) as file:
        for page, plane in enumerate(order):
            about = text if page == 0 else None
            file.write(STACK[plane], description=about, metadata=None)


def pixels(channels, slices, data):
    return (
        '<?xml version="1.0"?>'
        '<ome:OME xmlns:ome="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<ome:Image ID="Image:0"><ome:Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" '
        f'SizeX="5" SizeY="4" SizeZ="{slices}" SizeC="{channels}" SizeT="1">'
        f"{data}</ome:Pixels></ome:Image></ome:OME>"
    )


def descriptions():
    ome("ome_prefix.tif", pixels(1, 6, "<ome:TiffData/>"))
    expect("ome_prefix.tif")
    ome("ome_prefix_channels.tif", pixels(2, 3, "<ome:TiffData/>"))
    quotes = pixels(2, 3, "<TiffData/>").replace("ome:", "").replace(":ome", "")
    ome("ome_quotes_channels.tif", quotes.replace('"', "'"))
    order = [5, 3, 4, 2, 0, 1]
    data = "".join(
        f'<ome:TiffData FirstZ="{plane}" IFD="{page}" PlaneCount="1"/>'
        for page, plane in enumerate(order)
    )
    ome("ome_order.tif", pixels(1, 6, data), order)
    slices = expect("ome_order.tif", numpy.argsort(order))
    assert (tifffile.imread(HERE / "ome_order.tif") == slices).all()
    ome("ome_fewer.tif", pixels(1, 5, "<ome:TiffData/>"))
    with tifffile.TiffWriter(HERE / "ome_images.tif", ome=True) as file:
        file.write(STACK[:3], photometric="minisblack", metadata={"axes": "ZYX"})
        file.write(STACK[3:], photometric="minisblack", metadata={"axes": "ZYX"})
    with tifffile.TiffWriter(HERE / "series.tif") as file:
        file.write(STACK[:3], photometric="minisblack")
        file.write(STACK[3:5])
    with tifffile.TiffWriter(HERE / "series_and_page.tif") as file:
        file.write(STACK[:3], photometric="minisblack")
        file.write(STACK[3], metadata=None)
    with tifffile.TiffWriter(HERE / "one_by_one.tif") as file:
        for plane in STACK:
            file.write(plane)
    expect("one_by_one.tif")
    tifffile.imwrite(HERE / "axes_channels.tif", STACK[:2], metadata={"axes": "CYX"})


descriptions()
(HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
