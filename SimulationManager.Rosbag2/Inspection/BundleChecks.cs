using SimulationManager.Rosbag2.Bundles;

namespace SimulationManager.Rosbag2.Inspection;

/// <summary>Which files are there, before any is opened.</summary>
internal static class BundleChecks
{
    public static IEnumerable<BagFinding> Run(BagBundle bundle)
    {
        if (bundle.Metadata is null)
        {
            yield return new BagFinding(BagFindingCode.MetadataMissing,
                "There is no metadata.yaml, as after a crash of the recorder; everything is taken from the storage files. Reindex the bag to make one.");
        }

        foreach (var name in bundle.MissingFiles)
        {
            yield return new BagFinding(BagFindingCode.FileMissing,
                $"metadata.yaml lists '{name}', which is not in the bundle. Send it too, or leave metadata.yaml out.", name);
        }

        foreach (var file in bundle.UnlistedFiles)
        {
            yield return new BagFinding(BagFindingCode.FileUnlisted,
                $"'{file.Name}' is not listed in metadata.yaml and is not read. Reindex the bag if it belongs to it.", file.Name);
        }

        foreach (var file in bundle.Copies)
        {
            yield return new BagFinding(BagFindingCode.FileTwice,
                $"'{file.Name}' is not read: it is the same recording as '{bundle.Files.First(read => StorageFileName.Plain(read.Name) == StorageFileName.Plain(file.Name)).Name}'.", file.Name);
        }

        foreach (var finding in JournalChecks.Present(bundle))
            yield return finding;
    }
}
