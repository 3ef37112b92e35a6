using System.Text;
using ZstdSharp;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Recordings of <c>Data/trials</c>, unpacked as they were found.</summary>
internal static class Trials
{
    private static readonly string s_root = Path.Combine(AppContext.BaseDirectory, "Data", "trials");

    /// <summary>Makes a folder with the trial's files.</summary>
    /// <param name="name">The trial's name.</param>
    /// <param name="folder">Where the folder is made.</param>
    /// <param name="withMetadata">False to leave metadata.yaml out.</param>
    /// <param name="withLog">False to leave the write-ahead log out.</param>
    /// <returns>The folder.</returns>
    public static string Unpack(string name, string folder, bool withMetadata = true, bool withLog = true)
    {
        var target = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        foreach (var path in Directory.EnumerateFiles(Path.Combine(s_root, name)))
        {
            var fileName = Path.GetFileName(path);
            if (fileName.EndsWith(".zst", StringComparison.Ordinal))
                Decompress(path, Path.Combine(target, RecordedName(name, fileName[..^".zst".Length])));
            else
                File.Copy(path, Path.Combine(target, fileName));
        }

        // The repository has this database once, for all tests that need messages.
        if (name == "rosbags_rs_sqlite3")
            Decompress(Path.Combine(BagFixtures.Shared("many_types"), "many_types.db3.zstd"), Path.Combine(target, "test_bag_sqlite3.db3"));
        if (!withMetadata)
            File.Delete(Path.Combine(target, "metadata.yaml"));
        foreach (var log in Directory.EnumerateFiles(target, "*-wal").Where(_ => !withLog))
            File.Delete(log);
        return target;
    }

    /// <summary>The names that an archive of these files could not hold everywhere.</summary>
    private static string RecordedName(string trial, string fileName) => trial switch
    {
        "colon_in_name" => "run_2024-05-01T12:30:00+09:00_0.db3",
        // As macOS stores the listed name: every letter in its parts.
        "hangul_nfd" => "창고로봇_0.db3".Normalize(NormalizationForm.FormD),
        _ => fileName,
    };

    private static void Decompress(string path, string target)
    {
        using var input = new DecompressionStream(File.OpenRead(path), leaveOpen: false);
        using var output = File.Create(target);
        input.CopyTo(output);
    }
}
