using Microsoft.Extensions.Options;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Templates;

/// <summary>Folders on local disk where bundles wait while they are checked.</summary>
public sealed class UploadSpool(IOptions<UploadOptions> options) : IDisposable
{
    private readonly ScratchFolder _scratch = ScratchFolder.Create(options.Value.SpoolFolder, "uploads");

    /// <summary>A fresh folder, gone with everything in it when it is disposed.</summary>
    public SpoolFolder Open()
    {
        var path = _scratch.PathOf(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(path);
        return new SpoolFolder(path);
    }

    public void Dispose() => _scratch.Dispose();
}

/// <summary>A temporary folder.</summary>
public sealed class SpoolFolder(string path) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>Where a file of this plain name is put.</summary>
    public string FileAt(string fileName) => System.IO.Path.Combine(Path, fileName);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
