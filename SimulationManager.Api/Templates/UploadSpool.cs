using Microsoft.Extensions.Options;

namespace SimulationManager.Api.Templates;

/// <summary>
/// Folders on local disk where bundles wait while they are checked. Each process has its own below the configured one, and
/// clears what an earlier one left there.
/// </summary>
public sealed partial class UploadSpool : IDisposable
{
    private const string LockName = ".lock";

    private readonly ILogger<UploadSpool> _logger;
    private readonly string _own;
    private readonly FileStream _lock;

    public UploadSpool(IOptions<UploadOptions> options, ILogger<UploadSpool> logger)
    {
        _logger = logger;
        var root = options.Value.SpoolFolder is { Length: > 0 } folder ? folder : Path.Combine(Path.GetTempPath(), "simulation-manager-uploads");
        Directory.CreateDirectory(root);
        RemoveAbandoned(root);
        _own = Path.Combine(root, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_own);
        _lock = LockFolder(_own);
    }

    /// <summary>A fresh folder, gone with everything in it when it is disposed.</summary>
    public SpoolFolder Open()
    {
        var path = Path.Combine(_own, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(path);
        return new SpoolFolder(path);
    }

    public void Dispose()
    {
        _lock.Dispose();
        Directory.Delete(_own, recursive: true);
    }

    /// <summary>A process that was killed holds no lock any more.</summary>
    private void RemoveAbandoned(string root)
    {
        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            try
            {
                LockFolder(folder).Dispose();
                Directory.Delete(folder, recursive: true);
                LogRemoved(_logger, folder);
            }
            catch (IOException)
            {
                LogInUse(_logger, folder);
            }
        }
    }

    private static FileStream LockFolder(string folder) =>
        new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    [LoggerMessage(401, LogLevel.Information, "Removed {Folder}, which an earlier process left behind")]
    private static partial void LogRemoved(ILogger logger, string folder);

    [LoggerMessage(402, LogLevel.Debug, "{Folder} is another process's")]
    private static partial void LogInUse(ILogger logger, string folder);
}

/// <summary>A temporary folder.</summary>
public sealed class SpoolFolder(string path) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>Where a file of this plain name is put.</summary>
    public string FileAt(string fileName) => System.IO.Path.Combine(Path, fileName);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
