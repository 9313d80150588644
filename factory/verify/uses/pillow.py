"""Use Pillow: PNG, JPEG, WebP, TIFF, resizing, text."""

import io

from PIL import Image, ImageDraw, ImageFilter, ImageFont, features


def _picture() -> Image.Image:
    picture = Image.new("RGB", (64, 48), (200, 30, 30))
    ImageDraw.Draw(picture).rectangle((16, 12, 47, 35), fill=(30, 30, 200))
    return picture


def probe_formats() -> str:
    """Lossless formats come back as they were, the others nearly."""
    picture = _picture()
    for name, exact in (("PNG", True), ("TIFF", True), ("GIF", True), ("JPEG", False)):
        file = io.BytesIO()
        picture.save(file, name)
        with Image.open(io.BytesIO(file.getvalue())) as read:
            assert read.size == (64, 48)
            near = read.convert("RGB").getpixel((30, 20))
        assert sum(abs(a - b) for a, b in zip(near, (30, 30, 200), strict=True)) < 20, (name, near)
        assert near == (30, 30, 200) or not exact, (name, near)
    file = io.BytesIO()
    picture.save(file, "WEBP", lossless=True)
    assert Image.open(file).convert("RGB").getpixel((0, 0)) == (200, 30, 30)
    picture.save(io.BytesIO(), "TIFF", compression="tiff_deflate")
    return f"PNG, TIFF, GIF, JPEG {features.version('jpg')} and WebP are right"


def probe_drawing() -> str:
    """Resize, filter and draw text with FreeType."""
    small = _picture().resize((32, 24), Image.Resampling.LANCZOS)
    assert small.getpixel((16, 12)) == (30, 30, 200)
    assert small.filter(ImageFilter.GaussianBlur(2)).size == (32, 24)
    page = Image.new("L", (100, 30))
    ImageDraw.Draw(page).text((2, 2), "Ägypten", fill=255, font=ImageFont.load_default(16))
    assert page.getbbox() is not None
    assert features.check("freetype2")
    return "resized, blurred, and wrote text"
