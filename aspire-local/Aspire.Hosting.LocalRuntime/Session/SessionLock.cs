using System.Globalization;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Another AppHost of the same name uses the same data root.</summary>
internal sealed class SessionLockedException(string message) : Exception(message);

/// <summary>Held while an AppHost runs, so that two of one name never share volumes. The kernel drops it when the process ends.</summary>
internal sealed class SessionLock : IDisposable
{
    private readonly FileStream _file;

    private SessionLock(FileStream file) => _file = file;

    /// <exception cref="SessionLockedException">Taken; the message names the holder and what to do.</exception>
    public static SessionLock Take(string folder, string applicationName)
    {
        var ownerPath = Path.Combine(folder, "owner");
        try
        {
            var taken = new SessionLock(new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
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
}
