using System.Globalization;
using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Rosbag2;

/// <summary>
/// SQLite's write-ahead log (<c>x.db3-wal</c>), in which a recorder that was killed leaves what it wrote last, sometimes
/// everything. SQLite itself takes it into the database: frames count up to the last complete transaction, by checksums and
/// salts of their own (sqlite.org/fileformat2.html, section 4).
/// </summary>
public static class WriteAheadLog
{
    /// <summary>What the log's name has after that of its database.</summary>
    public const string Suffix = "-wal";

    // SQLite keeps 8 bytes of memory per frame, and a frame has 512 bytes at least.
    private const long MaxBytes = 2L * 1024 * 1024 * 1024;

    /// <summary>True for the names of logs: <c>.db3-wal</c>.</summary>
    /// <param name="path">A path or file name.</param>
    public static bool IsLog(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(".db3" + Suffix, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Takes the log beside a storage file into the file and deletes it. Changes the file: give a copy. The file grows by
    /// no more than the log has; a log that belongs to another file, or is hostile, can do no more than damage it, which
    /// reading finds out.
    /// </summary>
    /// <param name="path">A <c>.db3</c> file with its log beside it, 2 GiB at most.</param>
    /// <returns><see cref="BagFindingCode.JournalApplied"/>: how much was taken, for those who read the bag's description.</returns>
    /// <exception cref="BagFormatException">There is no log, it is too large, or the file is not SQLite or damaged.</exception>
    public static BagFinding Apply(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var (name, log) = (Path.GetFileName(path), new FileInfo(path + Suffix));
        if (!log.Exists)
            throw new BagFormatException(BagError.NotFound, $"There is no write-ahead log '{name}{Suffix}'.", name);
        if (log.Length > MaxBytes)
        {
            throw new BagFormatException(BagError.TooLarge,
                $"The write-ahead log '{log.Name}' is larger than {MaxBytes} bytes. Run \"sqlite3 {name} 'PRAGMA wal_checkpoint(TRUNCATE)'\" where it was recorded and send the file alone.", log.Name);
        }

        SqliteHeader.CheckMagic(path);
        var pages = log.Length == 0 ? 0 : Take(path);
        // SQLite has deleted it if it was one.
        log.Delete();
        return new BagFinding(BagFindingCode.JournalApplied, pages > 0
            ? string.Create(CultureInfo.InvariantCulture, $"'{name}' was completed from its write-ahead log ({pages} pages), as after a crash of the recorder.")
            : $"The write-ahead log of '{name}' holds nothing that is complete; the file is read as it was sent.", name);
    }

    private static long Take(string path)
    {
        using var database = SqliteDatabase.OpenWithLog(path);
        // The log is opened by the first read.
        database.Execute("PRAGMA user_version");
        var pages = 0L;
        using (var checkpoint = database.Prepare("PRAGMA wal_checkpoint(FULL)"))
        {
            if (checkpoint.Step())
                pages = Math.Max(0, checkpoint.Int64(1));
        }

        // From now on a plain database: what is stored is complete, and reading it needs nothing beside it.
        database.Execute("PRAGMA journal_mode = DELETE");
        return pages;
    }
}
