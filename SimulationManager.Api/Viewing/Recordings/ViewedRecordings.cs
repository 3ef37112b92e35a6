using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Bundles;
using SimulationManager.Core.Model;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Viewing.Recordings;

/// <summary>The recordings that are watched through this process: not more at once than it can take. For any number of threads.</summary>
internal sealed class ViewedRecordings(BundleCache bundles, IOptions<RecordingViewOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Viewers, long Bytes)> _open = new(StringComparer.Ordinal);

    /// <summary>Opens a template's recording, with all its topics, for one viewer. Of a large one the rest may still be on its way.</summary>
    /// <exception cref="RefusalException">It was never inspected (404), is too large to be watched or cannot be read (409), or too many are watched (503).</exception>
    public async Task<OpenRecording> OpenAsync(Template template, CancellationToken cancellationToken)
    {
        if (template.Bag is null) throw Refuse.NotFound(Messages.BagNotInspected, template.Id);
        PlannedFile[] files = [.. template.Files.Select(PlannedFile.Of)];
        var key = string.Join('\n', files.Select(file => file.ObjectKey));
        Enter(key, files.Sum(file => file.Size));
        BundleLease? lease = null;
        try
        {
            lease = await bundles.OpenAsync(files, cancellationToken);
            var recording = lease.Recording;
            return new OpenRecording(lease, recording.TimelineOf(recording.Topics), () => Leave(key));
        }
        catch (Exception exception)
        {
            lease?.Dispose();
            Leave(key);
            // Otherwise storage is away, or the files are gone from it.
            if (exception is BagFormatException or BundleUnusableException { InnerException: null or BagFormatException }) throw Refuse.Conflict(Messages.RecordingNotPlayed, exception.Message);
            throw;
        }
    }

    private void Enter(string key, long bytes)
    {
        var (playbacks, most) = (options.Value.MaxPlaybacks, options.Value.MaxBytes);
        if (bytes > most) throw Refuse.Conflict(Messages.RecordingTooLarge, bytes, most);
        lock (_lock)
        {
            var viewers = _open.GetValueOrDefault(key).Viewers;
            if (_open.Values.Sum(open => open.Viewers) >= playbacks) throw Refuse.Unavailable(Messages.RecordingsBusy);
            if (viewers == 0 && _open.Values.Sum(open => open.Bytes) + bytes > most) throw Refuse.Unavailable(Messages.RecordingsBusy);
            _open[key] = (viewers + 1, bytes);
        }
    }

    private void Leave(string key)
    {
        lock (_lock)
        {
            var (viewers, bytes) = _open[key];
            if (viewers == 1) _open.Remove(key);
            else _open[key] = (viewers - 1, bytes);
        }
    }
}
