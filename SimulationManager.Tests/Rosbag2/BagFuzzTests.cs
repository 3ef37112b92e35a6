using System.Globalization;
using SimulationManager.Rosbag2;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>
/// Damages files of both storages: a bag is read, or refused with a typed error, and nothing else happens. A long run:
/// <c>BAG_FUZZ_SECONDS=3600 dotnet test SimulationManager.Tests --filter FullyQualifiedName~BagFuzzTests --logger "console;verbosity=detailed"</c>.
/// <c>BAG_FUZZ_SEED</c> and <c>BAG_FUZZ_ROUND</c> start elsewhere.
/// </summary>
public sealed class BagFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int ShortRun = 400;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_mcap_files_end_in_an_error_or_in_messages() => Run(BagMutations.Mcap(), _folder["damaged.mcap"]);

    [Fact]
    public void Damaged_sqlite3_files_end_in_an_error_or_in_messages() => Run(BagMutations.Sqlite3(_folder), _folder["damaged.db3"]);

    private void Run(IReadOnlyList<byte[]> originals, string path)
    {
        var (seed, first) = (Setting("BAG_FUZZ_SEED", 1), Setting("BAG_FUZZ_ROUND", 0));
        var limit = TimeSpan.FromSeconds(Setting("BAG_FUZZ_SECONDS", 0));
        var options = new BagOpenOptions { MaxMessageBytes = 2_000_000, MaxChunkBytes = 4_000_000 };
        var started = TimeProvider.System.GetTimestamp();
        var (rounds, refused) = (0, 0);
        for (; rounds < ShortRun || TimeProvider.System.GetElapsedTime(started) < limit; rounds++)
        {
            var round = first + rounds;
            File.WriteAllBytes(path, BagMutations.Mutate(originals[round % originals.Count], new Random(unchecked((seed * 1_000_003) + round))));
            try
            {
                ReadEveryWay(path, options);
            }
            catch (BagFormatException)
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"BAG_FUZZ_SEED={seed} BAG_FUZZ_ROUND={round}: {error}");
            }

            Assert.NotNull(BagVerifier.Verify(path, options).Findings);
        }

        output.WriteLine($"{rounds} files from seed {seed} in {TimeProvider.System.GetElapsedTime(started)}, {refused} refused, {GC.GetTotalMemory(forceFullCollection: true) / 1_000_000} MB managed, {Environment.WorkingSet / 1_000_000} MB in all");
        Assert.InRange(refused, rounds / 10, rounds - 1);
    }

    private static void ReadEveryWay(string path, BagOpenOptions options)
    {
        BagFixtures.ReadAll(path, open: options);
        using var reader = BagReader.Open(path, options);
        var timeline = BagTimeline.Load(reader);
        using var payloads = new BagPayloadReader(reader, timeline);
        for (var index = 0; index < timeline.Count; index++)
            payloads.Fetch(index);
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
