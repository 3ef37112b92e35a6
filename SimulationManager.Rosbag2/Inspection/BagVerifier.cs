using SimulationManager.Rosbag2.Inspection;

namespace SimulationManager.Rosbag2;

/// <summary>
/// Checks a bag: every file is walked, and what the metadata claims is compared with what is there. Bad content never throws;
/// it becomes a <see cref="BagFinding"/>.
/// </summary>
public static class BagVerifier
{
    /// <summary>Checks the bag at a path.</summary>
    /// <param name="path">A folder, a metadata.yaml, or a single storage file.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public static BagInspection Verify(string path, BagOpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return Verify(BagBundle.Locate(path), options, cancellationToken);
        }
        catch (BagFormatException error)
        {
            return new BagInspection { Findings = [new BagFinding(BagFindingCode.Unreadable, error.Message, error.File)] };
        }
    }

    /// <summary>Checks a bundle. Files that are missing or unreadable are errors; the others are still walked.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public static BagInspection Verify(BagBundle bundle, BagOpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        var findings = new List<BagFinding>();
        findings.AddRange(BundleChecks.Run(bundle));
        BagInfo? info = null;
        try
        {
            using var bag = BagReader.Open(bundle.WithoutMissingFiles(), options, cancellationToken);
            var scans = bag.Files.Select(file => FileScan.Run(bag, file, cancellationToken)).ToList();
            info = FileScan.Describe(bag, scans);
            findings.AddRange(ContentChecks.Run(bag, info, scans, cancellationToken));
            if (bundle.Metadata is { } metadata)
                findings.AddRange(MetadataChecks.Run(metadata, bag, info));
        }
        catch (BagFormatException error)
        {
            findings.AddRange(UnreadableFiles(bundle, error, options, cancellationToken));
        }

        return new BagInspection { Info = info, Metadata = bundle.Metadata, Findings = findings };
    }

    /// <summary>One bad file hides those after it, so each is tried alone.</summary>
    private static List<BagFinding> UnreadableFiles(BagBundle bundle, BagFormatException first, BagOpenOptions? options, CancellationToken cancellationToken)
    {
        var findings = new List<BagFinding>();
        foreach (var file in bundle.Files)
        {
            try
            {
                using var bag = BagReader.Open(BagBundle.FromFiles([file.Path]), options, cancellationToken);
                FileScan.Run(bag, bag.Files[0], cancellationToken);
            }
            catch (BagFormatException error)
            {
                findings.Add(new BagFinding(BagFindingCode.FileUnreadable, error.Message, file.Name));
            }
        }

        return findings.Count > 0 ? findings : [new BagFinding(BagFindingCode.Unreadable, first.Message, first.File)];
    }
}
