"""What an agent could plant for git to run, and every line of git's that the engine runs.

The lines are recorded while a real engine works (`recording`), compared with what its source could
run (`sites`), and run again beside each plant (`replay`).
"""
