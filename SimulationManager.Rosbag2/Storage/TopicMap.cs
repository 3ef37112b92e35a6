namespace SimulationManager.Rosbag2.Storage;

/// <summary>From the topic ids of one file to the topic ids of the bag. -1: unknown topic, or filtered out.</summary>
internal sealed class TopicMap
{
    private const int DirectIds = 4096;

    private readonly int[] _direct;
    private readonly Dictionary<long, int> _rest = [];

    public TopicMap(IEnumerable<(long FileId, int BagId)> topics)
    {
        var entries = topics.ToList();
        var highest = entries.Where(entry => entry.FileId is >= 0 and < DirectIds).Select(entry => (int)entry.FileId).DefaultIfEmpty(-1).Max();
        _direct = new int[highest + 1];
        _direct.AsSpan().Fill(-1);
        foreach (var (fileId, bagId) in entries)
        {
            if (fileId is >= 0 and < DirectIds)
                _direct[fileId] = bagId;
            else
                _rest[fileId] = bagId;
        }

        FileIds = [.. entries.Select(entry => entry.FileId)];
        Topics = entries;
    }

    public IReadOnlyList<long> FileIds { get; }

    private IReadOnlyList<(long FileId, int BagId)> Topics { get; }

    public int this[long fileId] => (ulong)fileId < (ulong)_direct.Length ? _direct[(int)fileId] : _rest.GetValueOrDefault(fileId, -1);

    public TopicMap Only(IReadOnlySet<int> bagIds) => new(Topics.Where(topic => bagIds.Contains(topic.BagId)));
}
