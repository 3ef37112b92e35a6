namespace SimulationManager.Replay;

/// <summary>Says which parts of a recording's files are on this machine, where the files arrive while agents play already. From any thread.</summary>
public interface IFileAvailability
{
    /// <summary>Waits until a part of a file is there. Completes at once where it is.</summary>
    /// <param name="file">The file's place in <see cref="Rosbag2.BagIndex.Files"/>.</param>
    /// <param name="position">Its first byte, from 0.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that fails if that part will never be there; readers of the message get the same exception.</returns>
    ValueTask WaitAsync(int file, long position, long length, CancellationToken cancellationToken);
}
