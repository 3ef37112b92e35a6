using System.Text.Unicode;
using SimulationManager.Rosbag2.Storage;
using SQLitePCL;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>A prepared statement. Spans that it returns point into SQLite's memory and last until the next <see cref="Step"/>.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    // After Dispose it is null, which SQLite answers with an error or zero instead of touching freed memory.
    private nint _pointer = handle.DangerousGetHandle();

    /// <returns>True on a row, false at the end.</returns>
    public bool Step()
    {
        var code = SqliteHotPath.Step(_pointer);
        // The raw pointer alone does not keep the handle from being finalized during the call.
        GC.KeepAlive(this);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code != raw.SQLITE_DONE)
            database.Check(code);
        return false;
    }

    /// <summary>Runs a statement that returns no row and makes it ready to run again.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    // The code that reset returns repeats the error of the last step, which was thrown there.
    public void Reset()
    {
        _ = SqliteHotPath.Reset(_pointer);
        GC.KeepAlive(this);
    }

    public int Type(int column) => SqliteHotPath.ColumnType(_pointer, column);

    public bool IsNull(int column) => Type(column) == raw.SQLITE_NULL;

    public long Int64(int column) => SqliteHotPath.ColumnInt64(_pointer, column);

    public unsafe ReadOnlySpan<byte> Blob(int column)
    {
        // In this order: the length is that of the form which the first call chose.
        var start = SqliteHotPath.ColumnBlob(_pointer, column);
        return new ReadOnlySpan<byte>(start, SqliteHotPath.ColumnBytes(_pointer, column));
    }

    /// <exception cref="BagFormatException">There is a NUL in it, where C's string would end.</exception>
    public string Text(int column) => StoredText.Of(TextBytes(column), database.FileName);

    public bool IsUtf8(int column) => Utf8.IsValid(TextBytes(column));

    public void Bind(int parameter, long value)
    {
        var code = SqliteHotPath.BindInt64(_pointer, parameter, value);
        GC.KeepAlive(this);
        if (code != raw.SQLITE_OK)
            database.Check(code);
    }

    public void Bind(int parameter, string value) => database.Check(raw.sqlite3_bind_text(handle, parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> value) => database.Check(value.IsEmpty
        ? raw.sqlite3_bind_zeroblob(handle, parameter, 0)
        : raw.sqlite3_bind_blob(handle, parameter, value));

    public void Dispose()
    {
        _pointer = 0;
        handle.Dispose();
    }

    private unsafe ReadOnlySpan<byte> TextBytes(int column)
    {
        var start = SqliteHotPath.ColumnText(_pointer, column);
        GC.KeepAlive(this);
        return new ReadOnlySpan<byte>(start, SqliteHotPath.ColumnBytes(_pointer, column));
    }
}
