using SimulationManager.Api.Contract;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>
/// Write-ahead logs that were sent beside their databases. They are taken into them on the scratch disk, before anything is
/// checked: what is checked, stored and played is one plain file of a known size.
/// </summary>
internal static class SentLogs
{
    /// <summary>The storage files as they are with what their logs had, and what was done.</summary>
    /// <exception cref="RefusalException">A log has no database (400).</exception>
    /// <exception cref="BagFormatException">A log is too large, or its database is none.</exception>
    public static (IReadOnlyList<SpooledFile> Bags, IReadOnlyList<BagFinding> Applied) Apply(IReadOnlyList<SpooledFile> sent)
    {
        var bags = sent.Where(file => !WriteAheadLog.IsLog(file.FileName)).ToDictionary(file => file.FileName);
        List<BagFinding> applied = [];
        foreach (var log in sent.Where(file => WriteAheadLog.IsLog(file.FileName)))
        {
            if (!bags.TryGetValue(log.FileName[..^WriteAheadLog.Suffix.Length], out var bag))
                throw Refuse.Invalid(BundleFileName.BagField, Messages.LogWithoutBag, log.FileName);
            applied.Add(WriteAheadLog.Apply(bag.Path));
            bags[bag.FileName] = bag with { Size = new FileInfo(bag.Path).Length };
        }

        return ([.. bags.Values], applied);
    }
}
