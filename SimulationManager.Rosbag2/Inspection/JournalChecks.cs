using System.Globalization;

namespace SimulationManager.Rosbag2.Inspection;

/// <summary>Messages that a killed recorder left in the journal of a database, where a reader of the database alone does not see them.</summary>
internal static class JournalChecks
{
    /// <summary>Journals that lie beside their files.</summary>
    public static IEnumerable<BagFinding> Present(BagBundle bundle) => bundle.Files.Where(HasJournal).Select(file => new BagFinding(
        BagFindingCode.JournalPresent,
        $"A journal lies beside '{file.Name}': its last messages are not read. Run \"sqlite3 {file.Name} 'PRAGMA wal_checkpoint(TRUNCATE)'\" on a copy first.", file.Name));

    /// <summary>
    /// A log that may be missing. Clean recordings have files in this mode, too: only where the metadata, which is written
    /// last, is missing or counts more messages was the recording cut short, and only the last file was open then.
    /// </summary>
    public static IEnumerable<BagFinding> Missing(BagReader bag, BagInfo info)
    {
        var isComplete = bag.Bundle.Metadata is { } metadata && metadata.MessageCount <= info.MessageCount;
        if (isComplete || bag.Files is not [.., { Storage.UsesLog: true } last] || HasJournal(bag.Bundle.Files[last.Index]))
            yield break;
        var count = bag.Bundle.Metadata is { } claim
            ? string.Create(CultureInfo.InvariantCulture, $"Of {claim.MessageCount} messages {info.MessageCount} are there")
            : "There is no metadata.yaml, as after a crash of the recorder";
        yield return new BagFinding(BagFindingCode.JournalMissing,
            $"{count}, and '{last.Name}' was written with a write-ahead log: more may be in '{last.Name}{WriteAheadLog.Suffix}'. If that file lies where the bag was recorded, send it, too.", last.Name);
    }

    private static bool HasJournal(BagBundleFile file) =>
        new FileInfo(file.Path + WriteAheadLog.Suffix) is { Exists: true, Length: > 0 } || new FileInfo(file.Path + "-journal") is { Exists: true, Length: > 0 };
}
