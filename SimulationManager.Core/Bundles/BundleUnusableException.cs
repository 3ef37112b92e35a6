namespace SimulationManager.Core.Bundles;

/// <summary>A planned bundle cannot be played, and trying again will not help; the message says why.</summary>
public sealed class BundleUnusableException(string message, Exception? innerException = null) : Exception(message, innerException);
