"""Use SQLAlchemy with its compiled parts, on SQLite in memory."""

from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.engine import _result_cy, _row_cy
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.util import _collections_cy


class _Base(DeclarativeBase):
    pass


class _Author(_Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["_Book"]] = relationship(back_populates="author")


class _Book(_Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[_Author] = relationship(back_populates="books")


def probe_compiled_parts() -> str:
    """The C extensions are what is used."""
    modules = (_result_cy, _row_cy, _collections_cy)
    assert all(module._is_compiled() for module in modules)
    return f"{len(modules)} modules are compiled"


def probe_orm() -> str:
    """Write, flush, query and join."""
    engine = create_engine("sqlite://")
    _Base.metadata.create_all(engine)
    with Session(engine) as session:
        for name, amount in (("Ada", 2), ("Gödel", 3)):
            books = [_Book(title=f"{name} {n}") for n in range(amount)]
            session.add(_Author(name=name, books=books))
        session.commit()
        query = select(_Author.name, func.count()).join(_Book).group_by(_Author.name)
        found = {row[0]: row[1] for row in session.execute(query)}
        assert found == {"Ada": 2, "Gödel": 3}, found
        first = session.scalars(select(_Book).where(_Book.title == "Gödel 1")).one()
        assert first.author.name == "Gödel"
    return "objects were written, joined and counted"
