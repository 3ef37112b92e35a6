using System.Globalization;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Another AppHost of the same name uses the same data root.</summary>
internal sealed class SessionLockedException(string message) : Exception(message);

/// <summary>Held while an AppHost runs, so that two of one name never share volumes. The kernel drops it when the process ends.</summary>
internal sealed class SessionLock : IDisposable
{
    private static readonly TimeSpan ReleaseWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private SessionLock(FileStream file) => _file = file;

    /// <exception cref="SessionLockedException">Taken; the message names the holder and what to do.</exception>
    public static SessionLock Take(string folder, string applicationName)
    {
        var ownerPath = Path.Combine(folder, "owner");
        try
        {
            var taken = new SessionLock(Open(Path.Combine(folder, "lock")));
            File.WriteAllText(ownerPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return taken;
        }
        catch (IOException)
        {
            var owner = File.Exists(ownerPath) ? $"process {File.ReadAllText(ownerPath)}" : "another process";
            throw new SessionLockedException(
                $"The AppHost '{applicationName}' runs already ({owner}) and uses the data in '{folder}'. " +
                $"Stop it first, or give this one a data root of its own by setting {DataRoot.Setting} to another folder.");
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Tries again for a moment: a lock that was just dropped may live on in a child that another thread is starting.</summary>
    private static FileStream Open(string path)
    {
        for (var waited = TimeSpan.Zero; ; waited += Between)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited < ReleaseWithin)
            {
                Thread.Sleep(Between);
            }
        }
    }
}
