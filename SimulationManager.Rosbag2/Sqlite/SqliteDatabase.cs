using System.Text;
using SQLitePCL;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>
/// One SQLite connection. Files to read come from strangers: they are opened read-only and immutable, with every feature
/// off by which a schema could run code (triggers, views, unsafe functions), and with limits on what a value may take.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    // A scan uses a page once: a cache that fits into the processor's own makes it faster than SQLite's default of 2000.
    private const int ReadCacheKilobytes = 256;

    // Of a file whose log is taken into it, nothing but the schema is read.
    private const int MaxSchemaBytes = 1024 * 1024;

    private readonly sqlite3 _handle;

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(sqlite3 handle, string file)
    {
        _handle = handle;
        FileName = file;
    }

    /// <summary>File name for error messages, without folders.</summary>
    public string FileName { get; }

    public static string LibraryVersion => raw.sqlite3_libversion().utf8_to_string();

    /// <exception cref="BagFormatException">The file cannot be opened.</exception>
    public static SqliteDatabase OpenReadOnly(string path, int maxValueBytes)
    {
        // Immutable: no lock and journal files are made beside the bag, and a stranger's journal is not replayed.
        var database = Open(ImmutableUri(path), path, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI | raw.SQLITE_OPEN_NOMUTEX);
        try
        {
            database.Harden(maxValueBytes);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a stranger's file to take its write-ahead log into it, for this connection alone: the index of the log is then
    /// kept in memory, and no file beside the two is read or made.
    /// </summary>
    /// <exception cref="BagFormatException">The file cannot be opened.</exception>
    public static SqliteDatabase OpenWithLog(string path)
    {
        var database = Open(path, path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX);
        try
        {
            database.Execute("PRAGMA locking_mode = EXCLUSIVE");
            database.Protect(MaxSchemaBytes);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <exception cref="BagFormatException">The file cannot be created.</exception>
    public static SqliteDatabase Create(string path) =>
        Open(path, path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX);

    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var statement));
        return new SqliteStatement(this, statement);
    }

    public void Execute(string sql)
    {
        using var statement = Prepare(sql);
        while (statement.Step())
        {
        }
    }

    public long? QueryInt64(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Int64(0) : null;
    }

    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
            throw Failure(code, raw.sqlite3_errmsg(_handle).utf8_to_string(), FileName);
    }

    public void Dispose() => _handle.Dispose();

    private static SqliteDatabase Open(string target, string path, int flags)
    {
        var file = Path.GetFileName(path);
        var code = raw.sqlite3_open_v2(target, out var handle, flags, null);
        if (code == raw.SQLITE_OK)
        {
            raw.sqlite3_extended_result_codes(handle, 1);
            return new SqliteDatabase(handle, file);
        }

        handle?.Dispose();
        throw Failure(code, raw.sqlite3_errstr(code).utf8_to_string(), file);
    }

    private void Harden(int maxValueBytes)
    {
        Protect(maxValueBytes);
        Execute("PRAGMA query_only = ON");
    }

    private void Protect(int maxValueBytes)
    {
        Configure(raw.SQLITE_DBCONFIG_DEFENSIVE, 1);
        Configure(raw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
        Configure(raw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
        Configure(raw.SQLITE_DBCONFIG_ENABLE_VIEW, 0);
        Configure(raw.SQLITE_DBCONFIG_DQS_DDL, 1); // Real bags have them: DEFAULT "" in the topics table.
        raw.sqlite3_limit(_handle, raw.SQLITE_LIMIT_LENGTH, maxValueBytes);
        raw.sqlite3_limit(_handle, raw.SQLITE_LIMIT_ATTACHED, 0);
        Execute("PRAGMA cell_size_check = ON");
        Execute("PRAGMA mmap_size = 0"); // A file that is cut short while it is mapped would end the process.
        Execute($"PRAGMA cache_size = -{ReadCacheKilobytes}");
    }

    private void Configure(int option, int value) => Check(raw.sqlite3_db_config(_handle, option, value, out _));

    private static string ImmutableUri(string path)
    {
        var full = Path.GetFullPath(path).Replace('\\', '/');
        var uri = new StringBuilder(full.StartsWith('/') ? "file:" : "file:/", full.Length + 32);
        foreach (var letter in full)
        {
            uri.Append(letter switch { '%' => "%25", '?' => "%3f", '#' => "%23", _ => letter.ToString() });
        }

        return uri.Append("?mode=ro&immutable=1").ToString();
    }

    private static BagFormatException Failure(int code, string message, string file) => (code & 0xFF) switch
    {
        raw.SQLITE_NOTADB => new(BagError.NotSqlite,
            $"{file} is not an SQLite database. Send the .db3 file that rosbag2 recorded.", file),
        raw.SQLITE_TOOBIG => new(BagError.TooLarge,
            $"{file} holds a message that is larger than the limit. Raise {nameof(BagOpenOptions)}.{nameof(BagOpenOptions.MaxMessageBytes)} if the bag is trusted.", file),
        raw.SQLITE_CANTOPEN => new(BagError.NotFound, $"{file} cannot be opened ({message}).", file),
        raw.SQLITE_CORRUPT or raw.SQLITE_IOERR => new(BagError.StorageCorrupt,
            $"{file} is damaged or cut off ({message}). Send the whole file again, or rescue it with sqlite3's '.recover'.", file),
        raw.SQLITE_FULL or raw.SQLITE_READONLY or raw.SQLITE_NOMEM or raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new(BagError.InvalidOperation,
            $"{file}: {message} (SQLite code {code}).", file),
        _ => new(BagError.SchemaUnsupported, $"{file} is not a rosbag2 database: {message} (SQLite code {code}).", file),
    };
}
