using SQLitePCL;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>A prepared statement. Spans that it returns point into SQLite's memory and last until the next <see cref="Step"/>.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    /// <returns>True on a row, false at the end.</returns>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
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
    public void Reset() => raw.sqlite3_reset(handle);

    public int Type(int column) => raw.sqlite3_column_type(handle, column);

    public bool IsNull(int column) => Type(column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(handle, column);

    public string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string() ?? "";

    public void Bind(int parameter, long value) => database.Check(raw.sqlite3_bind_int64(handle, parameter, value));

    public void Bind(int parameter, string value) => database.Check(raw.sqlite3_bind_text(handle, parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> value) => database.Check(value.IsEmpty
        ? raw.sqlite3_bind_zeroblob(handle, parameter, 0)
        : raw.sqlite3_bind_blob(handle, parameter, value));

    public void Dispose() => handle.Dispose();
}
