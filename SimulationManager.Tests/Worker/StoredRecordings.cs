using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Worker;

/// <summary>What runs have recorded and stored, as a test of workers that die sees it.</summary>
internal sealed class StoredRecordings : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Settings of workers that close a file every second.</summary>
    public Dictionary<string, string?> SettingsOf(OwnServers fixture, string test)
    {
        var settings = fixture.Servers.Settings(test);
        settings["Listening:SegmentInterval"] = "00:00:01";
        settings["Listening:Folder"] = _folder[$"{test}-recordings"];
        return settings;
    }

    /// <summary>The rows of a run, in the order in which they were begun.</summary>
    public static Task<List<ExecutionRecording>> RowsAsync(Scenario scenario, long execution) => scenario.QueryAsync(database =>
        database.ExecutionRecordings.AsNoTracking().Where(row => row.ExecutionId == execution).OrderBy(row => row.From).ThenBy(row => row.Id).ToListAsync());

    /// <summary>How many messages the file of a row holds.</summary>
    public async Task<long> CountAsync(WorkerHost worker, ExecutionRecording row)
    {
        var path = _folder[row.FileName!];
        await worker.Services.GetRequiredService<BundleStore>().DownloadAsync(ExecutionRecording.KeyOf(row.ExecutionId, row.FileName!), path, CancellationToken.None);
        Assert.Equal(row.Size, new FileInfo(path).Length);
        using var bag = BagReader.Open(path);
        var messages = 0;
        foreach (var _ in bag.ReadMessages()) messages++;
        return messages;
    }

    public void Dispose() => _folder.Dispose();
}
